"""Carries out what `machine.py` decides: one process at a time, each step stored before it is done.

1. Whatever ends a run (a signal, a power cut, a full disk), the next one reads the record and goes on.
2. Faults are told apart by what can be done about them: the disk is full, it may work later, or the release is bad.
   What can't even be stored ends the run; nothing was done then that was not stored before.
3. An update that is switched is not left alone: what fails then is tried again in the same run.
"""

import errno
import fcntl
import random
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import apsw

from edge_agent.base.errors import AccessError, EdgeAgentError, InputError, ModelError, NetworkError, OutputError
from edge_agent.supply.fleet import durable, machine, pointers
from edge_agent.supply.fleet.doing import GIVE_BACK, LOOK_S, Doing, Ports, Stopped, Terms
from edge_agent.supply.fleet.generations import Generations
from edge_agent.supply.fleet.journal import Journal, peek
from edge_agent.supply.fleet.pointers import Pointers
from edge_agent.supply.fleet.wanted import Offer
from edge_agent.supply.fleet.words import (
    Discard,
    Do,
    Due,
    Event,
    Failed,
    Fault,
    Forgive,
    GoBack,
    Phase,
    Record,
    Restarted,
    Tell,
)

TRIES_MAX = 5
"""In one run, of what has to be done."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


class Updater:
    """The updates of one device, in `root`; `pulled` is the folder of the pulled models."""

    def __init__(self, root: Path, pulled: Path, terms: Terms, ports: Ports) -> None:
        self._root = root
        self._terms = terms
        self._ports = ports
        self._doing = Doing(root, pulled, terms, ports, self._arrived)
        self._record = Record()
        self._moved = False

    def run(self, *, asked: bool = False, forgiving: bool = False, back: str = "") -> Record:
        """Go on until there is nothing to do for now, and return where it stands.

        `asked` checks at once, whatever time it is; `forgiving` also tries again what was denied; `back` gives the
        generation in use back, for that reason. NetworkError if another process is at work, AccessError where this user
        may not, OutputError where nothing can be stored.
        """
        try:
            with self._alone(), _in_our_words(self._root), closing(Journal(self._root)) as journal:
                with suppress(Stopped):
                    self._run(journal, asked, forgiving, back)
                return self._record
        except _BusyError:
            if not (back and self.pointers().on_trial):
                raise
            # Whoever watches the trial takes it back.
            durable.write(self._root / GIVE_BACK, back.encode())
            return peek(self._root)

    def look(self) -> Offer:
        """Say what would be installed, or why nothing would be. Changes nothing."""
        return self._doing.look(peek(self._root))

    def pointers(self) -> Pointers:
        """Say which generation is in use."""
        return pointers.read(self._root)

    def _run(self, journal: Journal, asked: bool, forgiving: bool, back: str) -> None:
        self._journal = journal
        self._record = journal.record()
        seen, ended = pointers.read(self._root), False
        if self._record.phase is not Phase.IDLE and not (back and self._record.phase not in machine.ENDING):
            self._feed(Restarted(seen.current, seen.reason if seen.back_from == self._record.target else ""))
        if forgiving:
            self._feed(Forgive())
            ended = bool(back)
        if back and not ended:
            self._feed(self._back(back))
        elif self._record.phase is Phase.IDLE and (
            asked or machine.is_due(self._record, self._ports.now(), self._terms.policy)
        ):
            self._feed(Due())
        if self._record.phase is Phase.IDLE:
            self._doing.collect(self._record)

    def _arrived(self, from_where: Mapping[str, int]) -> None:
        self._moved = bool(from_where)
        self._journal.arrived(from_where)

    def _back(self, reason: str) -> GoBack:
        seen = pointers.read(self._root)
        if not seen.current:
            raise InputError("the pulled models are in use", hint="There is no release to go back from.")
        release = Generations(self._root).release(seen.current)
        return GoBack(release.id, release.sha256, release.counter, reason)

    def _feed(self, event: Event | None) -> None:
        """Tell the machine, store what it says, do it, tell it how that went, and so on until it rests."""
        while event is not None:
            before = self._record
            record, commands = machine.step(before, event, self._ports.now(), self._terms.policy, random.random())
            self._journal.store(record, [command for command in commands if isinstance(command, Tell)])
            self._record = record
            again, event = isinstance(event, Failed), None
            for command in commands:
                match command:
                    case Discard(target):
                        self._doing.discard(target)
                    case Do(phase) if not (again and phase is before.phase):
                        event = self._try(phase)
                    case Do(phase) if record.failures < TRIES_MAX:
                        if self._ports.wait(LOOK_S):
                            raise Stopped
                        event = self._try(phase)

    def _try(self, phase: Phase) -> Event:
        self._moved = False
        try:
            durable.point(f"begin {phase}")
            event = self._doing.work(phase, self._record)
            durable.point(f"end {phase}")
        except NetworkError as error:
            wait_s = float(getattr(error, "retry_after_s", None) or 0)
            return Failed(Fault.LATER, str(error), wait_s, moved=self._moved)
        except (ModelError, InputError) as error:
            return Failed(Fault.BAD, str(error))
        except EdgeAgentError as error:
            return Failed(Fault.LATER, str(error), why=str(getattr(error, "reason", "")))
        except OSError as error:
            return Failed(Fault.SPACE if error.errno in _FULL else Fault.LATER, error.strerror or str(error))
        return event

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with _in_our_words(self._root):
            durable.make_folder(self._root)
            lock = (self._root / "updater.lock").open("a")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise _BusyError("another process is updating this device", hint="Try again later.") from error
            yield


class _BusyError(NetworkError):
    """One process at a time."""


@contextmanager
def _in_our_words(root: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        hint = "Run it as the user that the agent runs as; of a service: `sudo -u edge-agent edge-agent …`."
        raise AccessError(f"{error.filename or root}: {error.strerror}", hint=hint) from error
    except OSError as error:
        raise OutputError(f"{error.filename or root}: {error.strerror}", hint="Look at the disk.") from error
    except apsw.Error as error:
        raise OutputError(f"the updates in {root} can't be written down: {error}", hint="Look at the disk.") from error
