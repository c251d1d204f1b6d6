"""`python -m tests.fuzz [--seconds N] [name …]`: each target for a while, in a process of its own; what was found."""

import argparse
import logging
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]

from fuzzing import fuzz  # noqa: E402 (the targets' folder is no package: pytest finds them by name, too)
from targets import TARGETS  # noqa: E402


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("names", nargs="*", help="targets; all of them otherwise")
    asked.add_argument("--seconds", type=float, default=60.0, help="for each target")
    asked.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    chosen = asked.parse_args()
    if chosen.alone:
        return _one(chosen.names[0], chosen.seconds)
    names = chosen.names or [target.name for target in TARGETS]
    found = [name for name in names if not _passes(name, chosen.seconds)]
    sys.stdout.write(f"{len(names)} targets, {len(found)} with findings{': ' if found else ''}{', '.join(found)}\n")
    return bool(found)


def _passes(name: str, seconds: float) -> bool:
    command = [sys.executable, "-m", "tests.fuzz", "--alone", "--seconds", str(seconds), name]
    try:
        return subprocess.run(command, check=False, timeout=seconds * 10 + 600).returncode == 0
    except subprocess.TimeoutExpired:
        sys.stdout.write(f"{name}: no end\n")
        return False


def _one(name: str, seconds: float) -> int:
    logging.disable()
    target = next(target for target in TARGETS if target.name == name)
    tried = fuzz(target, seconds=seconds, first=time.time_ns() % 2**32)
    sys.stdout.write(
        f"{name:32} {tried.examples:7} examples {tried.seconds:6.1f} s "
        f"{tried.grown_mb:+6.1f} MB grown {tried.peak_mb:6.1f} MB at most\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
