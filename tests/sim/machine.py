"""A machine with a real systemd, in a container: what it is made of, and how it is booted.

The system is made once (mmdebstrap, some 30 s and the network) and kept under the user's cache; each boot sees it
through an overlay and leaves nothing behind. Root is needed for that, and two packages: mmdebstrap, systemd-container.
"""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_agent.base.paths import paths

ROOT = Path(__file__).parents[2]

PACKAGES = (
    "systemd,systemd-sysv,dbus,dbus-user-session,procps,libpam-systemd,curl,"
    "python3,libportaudio2,libspeexdsp1,libgomp1,libstdc++6"
)

UNIT = """[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /srv/inside.py
ExecStopPost=/bin/systemctl --no-block poweroff
[Install]
WantedBy=default.target
"""


def why_not() -> str:
    """Return what is missing here; nothing if a machine can be booted."""
    if os.geteuid():
        return "only root may boot a container"
    missing = [name for name in ("mmdebstrap", "systemd-nspawn", "dpkg-deb") if not shutil.which(name)]
    return f"{' and '.join(missing)} not installed (tools/setup.sh packages)" if missing else ""


def release() -> str:
    """This system's code name: the container has the same Python."""
    lines = Path("/etc/os-release").read_text().splitlines()
    return next(line.partition("=")[2].strip('"') for line in lines if line.startswith("VERSION_CODENAME="))


def system() -> Path:
    """Return the folder of a system, which is made if it is not there; RuntimeError with the reason if it can't be."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edge-agent"
    made = cache / f"test-system-{release()}-3"
    if not made.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = made.with_suffix(f".{os.getpid()}")
        line = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", release(), str(unfinished)]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise RuntimeError(f"no system could be made: {done.stderr[-500:]}")
        unfinished.rename(made)
    return made


def package(folder: Path) -> Path:
    """Build the Debian package into a folder."""
    built = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "build_deb.py"), str(folder)], capture_output=True, text=True, check=True
    )
    return Path(built.stdout.strip())


@contextmanager
def overlaid(folder: Path):
    """A system to write into; nothing of it stays."""
    upper, work, merged = (folder / name for name in ("upper", "work", "merged"))
    for path in (upper, work, merged):
        path.mkdir(parents=True)
    layers = f"lowerdir={system()},upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(merged)], check=True)
    try:
        yield merged
    finally:
        subprocess.run(["umount", "--recursive", str(merged)], check=True)
        shutil.rmtree(upper, ignore_errors=True)


def boot(root: Path, binds: dict[Path, str], *, timeout_s: float) -> str:
    """Boot it, run /srv/inside.py, and return what was on its console when it is off. `binds` are read-only."""
    units = root / "etc/systemd/system"
    (units / "inside.service").write_text(UNIT)
    wants = units / "multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "inside.service").symlink_to("../inside.service")
    words = ["systemd-nspawn", f"--directory={root}", "--register=no", "--keep-unit", "--private-network", "--boot"]
    words += ["--suppress-sync=yes"]  # what is thrown away need not be safe from a power cut
    words += [
        f"--bind={source}:{target}" if target == "/results" else f"--bind-ro={source}:{target}"
        for source, target in binds.items()
    ]
    # No terminal: a process group in a terminal's background is stopped when it touches it, and with it the console
    # that PID 1 in there waits for. A file is never full. `timeout` ends it in order, so that nothing stays mounted.
    console = root.parent / "console.txt"
    with console.open("wb") as out:
        subprocess.run(
            ["timeout", "--kill-after=10", f"{timeout_s:.0f}", *words, "--console=read-only"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=timeout_s + 30,
        )
    return console.read_text(errors="replace")


def lived(folder: Path, inside: Path, lines: Path, binds: dict[Path, str], *, timeout_s: float) -> dict[str, dict]:
    """Boot one, in which the package lies and a person says `lines`, run the file `inside`, and return what it noted.

    Each step under its name, as `inside_tools.py` writes it. Skips the test where no system can be made.
    """
    try:
        system()
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        pytest.skip(str(error))
    results = folder / "results"
    results.mkdir()
    everywhere = {
        inside: "/srv/inside.py",
        ROOT / "tests/system/inside_tools.py": "/srv/inside_tools.py",
        package(folder): "/srv/edge-agent.deb",
        lines: "/srv/lines",
        paths().models: "/srv/models",
        results: "/results",
    }
    with overlaid(folder) as root:
        console = boot(root, everywhere | binds, timeout_s=timeout_s)
    written = results / "steps.jsonl"
    assert written.exists(), console[-3000:]
    return {told["step"]: told for told in map(json.loads, written.read_text().splitlines())}
