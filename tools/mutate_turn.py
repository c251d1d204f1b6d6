"""Break the turn machine on purpose, in many ways, one at a time, and see that a test fails for each.

    python tools/mutate_turn.py [NAME …]
    python tools/mutate_turn.py --check    # breaks nothing; leaves with 1 when a mutant does not fit the machine

The mutants stand in `turn.mutants` beside this file: a name after `@`, the text to be found after `-`, what it becomes
after `+`. A text that does not stand in the machine exactly once is an error, so whoever edits the machine edits the
mutants with it; a test sees to that. Works on a copy, and leaves with 1 when a mutant survives.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
MUTANTS: Final = Path(__file__).with_name("turn.mutants")
FLOOR: Final = Path("edge_agent/talk/floor")
MACHINE: Final = tuple(
    FLOOR / f"{name}.py" for name in ("turn", "exchange", "giving_way", "circumstances", "rules", "state")
)
TESTS: Final = Path("tests/talk/floor")
NEEDED: Final = ("pyproject.toml", "edge_agent/__init__.py", "edge_agent/base", "edge_agent/talk", str(TESTS))


def main(names: list[str]) -> int:
    """Try the mutants that are named, or all of them, and say what became of each."""
    if misfits := _misfits():
        _say("\n".join(misfits))
        return 1
    if "--check" in names:
        return 0
    mutants = {name: mutant for name, mutant in _read(MUTANTS).items() if not names or name in names}
    survivors = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder)
        for path in NEEDED:
            _copy(ROOT / path, copy / path)
        machine = {path: (copy / path).read_text() for path in MACHINE}
        if failed := _first_failure(copy):
            sys.exit(f"the machine fails before it is broken: {failed}")
        for name, (before, after) in mutants.items():
            for path, text in machine.items():
                (copy / path).write_text(text.replace(before, after))
            failed = _first_failure(copy)
            survivors += [] if failed else [name]
            _say(f"killed: {name} ({failed})" if failed else f"SURVIVED: {name}")
    _say(f"{len(mutants) - len(survivors)} of {len(mutants)} killed")
    return 1 if survivors else 0


def _misfits() -> list[str]:
    machine = [(ROOT / path).read_text() for path in MACHINE]
    times = {name: sum(text.count(before) for text in machine) for name, (before, _) in _read(MUTANTS).items()}
    return [
        f"{name}: its text stands {count} times in the machine, not once" for name, count in times.items() if count != 1
    ]


def _read(path: Path) -> dict[str, tuple[str, str]]:
    mutants = {}
    for block in path.read_text().split("\n@ ")[1:]:
        name, *lines = block.splitlines()
        before, after = ("\n".join(line[1:] for line in lines if line.startswith(sign)) for sign in "-+")
        mutants[name] = (before, after)
    return mutants


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _first_failure(copy: Path) -> str:
    """The first test that fails in `copy`, the quick ones tried first; empty when none does."""
    parts = ("turn_talking", "turn_holding", "turn_keeping", "turn_waiting", "rules", "turn_table", "turn_invariants")
    tests = [TESTS / f"test_{part}.py" for part in parts]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # Two mutants may be written within one second.
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    for line in done.stdout.splitlines():
        if line.startswith(("FAILED", "ERROR")):
            return line.split(" - ")[0].rpartition("::")[2]
    sys.exit(f"pytest itself failed: {done.stderr or done.stdout}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
