"""The update's memory: one record, and a journal of every change of phase until it is reported. Flushed each time.

1. The record, what is to be reported about it, and how often that happened are stored together or not at all.
2. A database that can't be read is put aside and begun anew: the pointers say what runs, and the repository what may.
3. Every report has a key that never comes twice, so that whoever gets it twice can tell.
4. Where nobody takes reports, the last `WAITING_MAX` wait; older ones are forgotten, their counts are not.
"""

import errno
import json
import os
import uuid
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import apsw

from edge_agent.supply.fleet import durable
from edge_agent.supply.fleet.words import Phase, Record, Tell

FILE = "updates.db"
KEPT = 500
"""Reports that are kept after they were sent, for `history`."""
WAITING_MAX = 5000
"""Some 2 MB: three months of a device that asks every hour and finds nothing, two changes of phase each time."""

_BUSY_MS = 5000


@dataclass(frozen=True, slots=True)
class Report:
    """One change of phase, as it is stored and sent."""

    key: str
    at: float
    """Unix time."""
    before: str
    after: str
    release: str
    """The sha256 of its manifest; empty where there was none."""
    counter: int
    reason: str
    why: str = ""
    """As in `Tell`; empty in what was written before there was such a thing."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened since the database was made. Reports are forgotten when they have arrived; this is not."""

    changes: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """Changes of phase: from, to and why → how often."""
    arrived: Mapping[str, int] = field(default_factory=dict)
    """Bytes of releases, by where they came from."""


class Journal:
    """One database, used by one process at a time, from any of its threads one after the other."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        try:
            self._database = _open(self._path)
        except (apsw.CorruptError, apsw.NotADBError):
            for path in folder.glob(FILE + "*"):
                path.replace(path.with_name("damaged-" + path.name))
            self._database = _open(self._path)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def record(self) -> Record:
        """Return what was stored last."""
        return _now(self._database)

    def store(self, record: Record, told: Iterable[Tell]) -> None:
        """Store the record and what is to be reported about it."""
        durable.point(f"store {record.phase}")
        with self._database:
            self._database.execute("UPDATE now SET record = ?", (_text(asdict(record)),))
            if not self._database.changes():
                self._database.execute("INSERT INTO now VALUES (?, ?)", (uuid.uuid4().hex, _text(asdict(record))))
            (device,) = self._database.execute("SELECT device FROM now").fetchone() or ("",)
            for tell in told:
                key = f"{device}-{tell.serial}"
                report = Report(key, tell.at, tell.before, tell.after, tell.sha256, tell.counter, tell.reason, tell.why)
                self._database.execute("INSERT INTO reports VALUES (?, ?, 0)", (tell.serial, _text(asdict(report))))
                self._database.execute("DELETE FROM reports WHERE serial <= ?", (tell.serial - WAITING_MAX,))
                self._count("changes", f"{tell.before} {tell.after} {tell.why}", 1)
        durable.point(f"stored {record.phase}")

    def unsent(self, most: int = 100) -> list[tuple[int, Report]]:
        """Return the oldest reports that were not sent yet, with their numbers."""
        rows = self._database.execute(
            "SELECT serial, report FROM reports WHERE NOT sent ORDER BY serial LIMIT ?", (most,)
        )
        return [(int(str(serial)), Report(**json.loads(str(text)))) for serial, text in rows]

    def sent(self, up_to: int) -> None:
        """Remember that the reports up to this number have arrived; forget the oldest of those."""
        with self._database:
            self._database.execute("UPDATE reports SET sent = 1 WHERE serial <= ?", (up_to,))
            self._database.execute("DELETE FROM reports WHERE sent AND serial <= ?", (up_to - KEPT,))

    def history(self, most: int = 100) -> list[Report]:
        """Return the latest reports, the newest first."""
        return _latest(self._database, most)

    def arrived(self, from_where: Mapping[str, int]) -> None:
        """Count bytes of a release. A disk that has no room for a figure must not end the update."""
        with suppress(apsw.Error), self._database:
            for place, size in from_where.items():
                self._count("arrived", place, size)

    def _count(self, what: str, which: str, more: int) -> None:
        self._database.execute(
            "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (what, which, more),
        )


def seen(folder: Path) -> tuple[Record, Counts]:
    """Return the record and the counts as they are; empty ones where there are none to be read."""
    with suppress(apsw.Error, ValueError, TypeError, PermissionError), closing(_look(folder)) as database:
        rows = [
            (str(what), str(which), int(str(count)))
            for what, which, count in database.execute("SELECT what, which, count FROM counts")
        ]
        return _now(database), _told(rows)
    return Record(), Counts()


def peek(folder: Path) -> Record:
    """Return the record as it is; an empty one where there is none, PermissionError where this user may not see it."""
    with suppress(apsw.Error, ValueError, TypeError), closing(_look(folder)) as database:
        return _now(database)
    return Record()


def history(folder: Path, most: int) -> list[Report]:
    """Return the latest reports, the newest first; none where there are none, PermissionError as in `peek`."""
    with suppress(apsw.Error, ValueError, TypeError), closing(_look(folder)) as database:
        return _latest(database, most)
    return []


def _latest(database: apsw.Connection, most: int) -> list[Report]:
    rows = database.execute("SELECT report FROM reports ORDER BY serial DESC LIMIT ?", (most,))
    return [Report(**json.loads(str(text))) for (text,) in rows]


def _now(database: apsw.Connection) -> Record:
    (text,) = database.execute("SELECT record FROM now").fetchone() or ("{}",)
    return _record(str(text))


def _look(folder: Path) -> apsw.Connection:
    """Open it to read, by whoever may; waits for nobody and changes nothing."""
    path = folder / FILE
    if path.exists() and not os.access(path, os.R_OK, effective_ids=True):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    # Readers share a file beside it. Who may not make one reads without, which is safe as long as nobody writes.
    alone = not os.access(folder, os.W_OK, effective_ids=True) and not path.with_name(FILE + "-wal").exists()
    address = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    return apsw.Connection(address, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)


def _open(path: Path) -> apsw.Connection:
    database = apsw.Connection(str(path))
    database.set_busy_timeout(_BUSY_MS)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        database.execute(f"PRAGMA {pragma}").fetchall()
    (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone() or ("",)
    if verdict != "ok":
        raise apsw.CorruptError(str(verdict))
    database.execute("CREATE TABLE IF NOT EXISTS now (device TEXT NOT NULL, record TEXT NOT NULL)")
    database.execute("CREATE TABLE IF NOT EXISTS reports (serial INTEGER PRIMARY KEY, report TEXT, sent INTEGER)")
    database.execute("CREATE TABLE IF NOT EXISTS counts (what, which, count INTEGER, PRIMARY KEY (what, which))")
    return database


def _record(text: str) -> Record:
    table = json.loads(text)
    return Record(**{**table, "phase": Phase(table.get("phase", Phase.IDLE))})


def _told(rows: Iterable[tuple[str, str, int]]) -> Counts:
    changes, arrived = {}, {}
    for what, which, count in rows:
        if what == "arrived":
            arrived[which] = count
        else:
            before, after, why = which.split(" ")
            changes[before, after, why] = count
    return Counts(changes, arrived)


def _text(table: dict[str, object]) -> str:
    return json.dumps(table, ensure_ascii=False)
