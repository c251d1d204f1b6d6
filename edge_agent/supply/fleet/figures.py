"""What the updates of this device are doing, in figures: read from what the updater wrote, by anybody, at any time.

Nothing is written and nobody is waited for. What is missing, or can't be read just now, is left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.supply.fleet import journal, metadata_files, pointers
from edge_agent.supply.fleet.health import PULLED
from edge_agent.supply.fleet.journal import Counts
from edge_agent.supply.fleet.words import Phase


@dataclass(frozen=True, slots=True)
class Kept:
    """A generation of models on this disk."""

    name: str
    counter: int
    """Of its release; 0 for the pulled models."""
    state: str
    """`trial`, `good`, or `before` for what was good before that."""


@dataclass(frozen=True, slots=True)
class Figures:
    """At one moment."""

    phase: Phase = Phase.IDLE
    counts: Counts = field(default_factory=Counts)
    kept: tuple[Kept, ...] = ()
    expires: Mapping[str, int] = field(default_factory=dict)
    """By role: when what it signed is to be trusted no more, seconds since 1970."""


def figures(root: Path) -> Figures:
    """Read them from the fleet's folder; none where this device belongs to no fleet."""
    if not root.is_dir():
        return Figures()
    record, counts = journal.seen(root)
    return Figures(record.phase, counts, tuple(_kept(root)), metadata_files.expiries(root / metadata_files.FOLDER))


def _kept(root: Path) -> Iterator[Kept]:
    seen = pointers.read(root)
    if seen.on_trial:
        yield _named(seen.current, "trial")
    yield _named(seen.good, "good")
    if seen.before:
        yield _named(seen.before, "before")


def _named(name: str, state: str) -> Kept:
    counter = name.partition("-")[0]
    return Kept(name or PULLED, int(counter) if counter.isdecimal() else 0, state)
