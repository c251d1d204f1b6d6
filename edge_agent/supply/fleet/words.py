"""What an update is made of: its phases, what happens to it, what is to be done about it. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """Where an update stands."""

    IDLE = "idle"  # until `wake_at`
    CHECK = "check"  # which release is meant for this device?
    RESERVE = "reserve"  # room on the disk
    DOWNLOAD = "download"  # what is missing, chunk by chunk
    VERIFY = "verify"  # all bytes once more, from the disk
    SEAL = "seal"  # its name, read-only
    CANARY = "canary"  # does it load, does it answer, is it fast enough?
    READY = "ready"  # until it may be switched
    TRIAL = "trial"  # the switch
    PROBATION = "probation"  # the new models at work
    COMMIT = "commit"  # they stay
    ROLLBACK = "rollback"  # they don't


class Fault(StrEnum):
    """What can be done about a failure."""

    LATER = "later"
    SPACE = "space"
    BAD = "bad"  # it is the release


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a device is."""

    poll_s: float = 3600
    back_off_s: float = 60
    back_off_max_s: float = 6 * 3600
    restarts_max: int = 2
    doubts_max: int = 1
    steps_max: int = 28


@dataclass(frozen=True, slots=True)
class Record:
    """All that an update is, from one process to the next."""

    phase: Phase = Phase.IDLE
    target: str = ""
    """The generation that is made or given back."""
    sha256: str = ""
    """Of its manifest."""
    counter: int = 0
    floor: int = 0
    """The highest counter that was ever committed."""
    denied: Mapping[str, str] = field(default_factory=dict)
    """Manifests that are not tried again, by sha256, with the reason."""
    doubts: int = 0
    """How often this target was found bad and given another chance."""
    restarts: int = 0
    """How often a process died in this phase."""
    failures: int = 0
    """In a row, for the intervals."""
    steps: int = 0
    wake_at: float = 0.0
    """Unix time before which nothing is tried."""
    since: float = 0.0
    """Unix time at which this phase began."""
    reason: str = ""
    """Why it is in this phase, for people."""
    fault: str = ""
    """What kind of failure it last ended with; empty after one that did not fail."""
    serial: int = 0
    """Of the last report."""


@dataclass(frozen=True, slots=True)
class Due:
    """It is time for a check, or somebody asked for one."""


@dataclass(frozen=True, slots=True)
class Chose:
    """A release is meant for this device, and is not what it runs."""

    target: str
    sha256: str
    counter: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to install; why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The work of this phase is done."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It is not."""

    fault: Fault
    reason: str
    retry_after_s: float = 0.0
    why: str = ""
    """In one of a few words, where more is known of it than the fault."""
    moved: bool = False
    """Whether more of the release is there than before."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """A new process found this record."""

    current: str
    """The generation in use."""
    reason: str = ""
    """Why the boot guard went back, if it did."""


@dataclass(frozen=True, slots=True)
class GoBack:
    """The owner wants the generation in use no more."""

    target: str
    sha256: str
    counter: int
    reason: str


@dataclass(frozen=True, slots=True)
class Forgive:
    """The owner wants what was denied to be tried again."""


Event = Due | Chose | Nothing | Finished | Failed | Restarted | GoBack | Forgive


@dataclass(frozen=True, slots=True)
class Do:
    """Do the work of a phase."""

    phase: Phase


@dataclass(frozen=True, slots=True)
class Discard:
    """Take what there is of a generation off the disk."""

    target: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Report a change of phase."""

    serial: int
    at: float
    before: Phase
    after: Phase
    sha256: str
    counter: int
    reason: str
    why: str
    """The same in one of a few words, to be counted by: what happened, or what failed."""


Command = Do | Discard | Tell
Outcome = tuple[Record, tuple[Command, ...]]
