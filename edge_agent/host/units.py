"""What it takes to install the agent as a service, and to remove it again: a list of steps, each to be shown or done.

1. The plan is made without touching anything, from the units that ship; a dry run prints it, and nothing else happens.
2. Where a Debian package brought the units they are left where they are; only drop-ins are written.
3. Nothing is fetched and nothing goes to the network: the updater's timer is enabled by whoever wants it.
4. Removing leaves settings, state and models.
"""

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_agent.base.errors import AccessError, InputError, OutputError
from edge_agent.base.paths import paths

AGENT = "edge-agent.service"
PACKAGED = Path("/usr/lib/systemd/system") / AGENT
PROGRAM = "/usr/bin/edge-agent"
"""As the units name it."""

KEY = Path("/etc/edge-agent/credentials/cloud-key")
"""Root's alone; the cloud's drop-in names it."""

DROP_INS = ("cloud", "local-only")
"""Those that `install` puts there and takes away; whatever else the owner put beside them is left alone."""

HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")
"""What the sandbox hides (ProtectHome=, PrivateTmp=): no program can be started from there."""


@dataclass(frozen=True, slots=True)
class Write:
    """Put a file there."""

    path: Path
    text: str

    def told(self) -> str:
        """Return what is done, in one line."""
        return f"write {self.path}"

    def do(self) -> None:
        """Do it; OutputError where it can't be."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(self.text, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{self.path} can't be written: {error.strerror}", hint="Is the disk writable?") from None


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete a file, and its folder if it is empty then."""

    path: Path

    def told(self) -> str:
        """Return what is done, in one line."""
        return f"remove {self.path}"

    def do(self) -> None:
        """Do it."""
        self.path.unlink(missing_ok=True)
        if self.path.parent.name.endswith(".d"):
            with contextlib.suppress(OSError):
                self.path.parent.rmdir()


@dataclass(frozen=True, slots=True)
class Run:
    """Run a program of systemd's."""

    words: tuple[str, ...]
    may_fail: bool = False

    def told(self) -> str:
        """Return what is done, in one line."""
        return f"run {' '.join(self.words)}"

    def do(self) -> None:
        """Do it; AccessError with what it said if it fails."""
        done = subprocess.run(self.words, capture_output=True, text=True, check=False)
        if done.returncode and not self.may_fail:
            said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            raise AccessError(
                f"`{' '.join(self.words)}` failed: {said}", hint="`systemctl status edge-agent` says more."
            )


Step = Write | Remove | Run


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is installed."""

    user: bool
    """In a user's session, rather than in the system."""
    units: Path
    sysusers: Path = Path("/etc/sysusers.d/edge-agent.conf")
    tmpfiles: Path = Path("/etc/tmpfiles.d/edge-agent.conf")
    packaged: bool = False
    """Whether a package brought the units."""

    @property
    def systemctl(self) -> tuple[str, ...]:
        """The manager's command."""
        return ("systemctl", "--user") if self.user else ("systemctl",)


def place(user: bool) -> Place:
    """Return the place on this machine."""
    if user:
        return Place(True, paths().config.parent / "systemd/user")
    return Place(False, Path("/etc/systemd/system"), packaged=PACKAGED.exists())


def is_installed() -> bool:
    """Whether the agent is a service of this system, started or not."""
    return place(user=False).packaged or (place(user=False).units / AGENT).exists()


def install(where: Place, program: Path, drop_ins: Sequence[str] = (), *, source: Path | None = None) -> list[Step]:
    """Return the steps; `program` is what the units start, `drop_ins` names (`cloud`) of `systemd/drop-ins`."""
    folder = source or shipped()
    steps: list[Step] = []
    if not where.packaged:
        steps += [Write(where.units / path.name, _started_by(path, program)) for path in _units(folder, where)]
    if not where.packaged and not where.user:
        for kind, target in (("sysusers", where.sysusers), ("tmpfiles", where.tmpfiles)):
            steps.append(Write(target, (folder / f"edge-agent.{kind}").read_text(encoding="utf-8")))
        steps.append(Run(("systemd-sysusers", str(where.sysusers))))
        steps.append(Run(("systemd-tmpfiles", "--create", str(where.tmpfiles))))
    steps += [step for name in DROP_INS for step in _drop_in(where, folder / "drop-ins" / f"{name}.conf", drop_ins)]
    steps.append(Run((*where.systemctl, "daemon-reload")))
    steps.append(Run((*where.systemctl, "enable", AGENT)))
    # Not waited for: it is ready once its engines are, and waits for a microphone as long as it takes.
    steps.append(Run((*where.systemctl, "--no-block", "restart", AGENT)))
    return steps


def uninstall(where: Place, *, source: Path | None = None) -> list[Step]:
    """Return the steps that undo `install`, whatever of it was done."""
    folder = source or shipped()
    units = list(_units(folder, where))
    steps: list[Step] = [
        Run((*where.systemctl, "disable", "--now", *(path.name for path in units)), may_fail=True),
    ]
    ours = [where.units / f"{AGENT}.d" / path.name for path in sorted((folder / "drop-ins").glob("*.conf"))]
    if not where.packaged:
        ours += [where.units / path.name for path in units]
    if not where.packaged and not where.user:
        ours += [where.sysusers, where.tmpfiles]
    steps += [Remove(path) for path in ours if path.exists()]
    return [*steps, Run((*where.systemctl, "daemon-reload"))]


def require_reachable(program: Path) -> None:
    """AccessError where the system service could not start the program: its sandbox hides homes, its user reads no
    private folders."""
    hint = "Install the Debian package, or a Python environment in /opt that everybody may read."
    real = program.resolve()
    for hidden in HIDDEN:
        if program.is_relative_to(hidden) or real.is_relative_to(hidden):
            raise AccessError(f"{program} lies in {hidden}, which the service can't see", hint=hint)
    for path in (real, *real.parents):
        if not path.stat().st_mode & 0o001:
            raise AccessError(f"{path} may not be read by the service's user", hint=hint)


def require_key(key: Path = KEY) -> None:
    """InputError where the cloud's key is not there: systemd starts no service whose credential is missing."""
    if not key.exists():
        hint = f"Put it there first: `sudo install -D -m 600 YOUR_KEY_FILE {key}`."
        raise InputError(f"the cloud's key {key} is missing", hint=hint)


def shipped() -> Path:
    """Return the folder of the units: inside the package when installed, beside it in a clone."""
    installed = Path(__file__).with_name("systemd")
    return installed if installed.exists() else Path(__file__).parents[2] / "systemd"


def _units(folder: Path, where: Place) -> Iterator[Path]:
    inner = folder / "user" if where.user else folder
    yield from sorted([*inner.glob("*.service"), *inner.glob("*.timer")])


def _drop_in(where: Place, path: Path, wanted: Sequence[str]) -> Iterator[Step]:
    """Put it there if it is wanted; take it away if it is there from before."""
    there = where.units / f"{AGENT}.d" / path.name
    if path.stem in wanted:
        yield Write(there, path.read_text(encoding="utf-8"))
    elif there.exists():
        yield Remove(there)


def _started_by(unit: Path, program: Path) -> str:
    return unit.read_text(encoding="utf-8").replace(f"={PROGRAM} ", f"={program} ")
