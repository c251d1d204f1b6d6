"""The folder with the owner's notes, as an index that follows it.

1. It is read once at the start, and again, in a thread, when a file has changed by the time somebody speaks. Whoever
   asks is answered from what was read last, and never waits.
2. Only so much is read. What is too much, or can't be read, is left out, and that is said.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import yaml

from edge_agent.base.errors import InputError
from edge_agent.talk.mind.notes.grounding import Grounding, ground
from edge_agent.talk.mind.notes.index import Index
from edge_agent.talk.mind.notes.passages import Passage, from_data, from_text

BYTES_MAX: Final = 4_000_000
"""Of all notes: a thick book."""

FILES_MAX: Final = 1000
KINDS: Final = (".md", ".txt", ".yaml", ".yml")

_State = tuple[tuple[Path, int, int], ...]
"""Every file with its time and size."""


class Notes:
    """The owner's notes. To be made before or on the loop that asks."""

    def __init__(self, folder: Path, tell: Callable[[str], None] = lambda _: None) -> None:
        """Read them all. InputError if there is no such folder.

        `tell` is told what was left out, in the thread that reads.
        """
        if not folder.is_dir():
            raise InputError(
                f"there is no folder {folder}", hint="mind.notes names a folder of .md, .txt or .yaml files."
            )
        self._folder = folder
        self._tell = tell
        self._state: _State = ()
        self._index = Index(())
        self._looking: asyncio.Task[None] | None = None
        self._read()

    def __len__(self) -> int:
        return len(self._index)

    def find(self, question: str) -> Grounding | None:
        """Return what they have to say; None for nothing."""
        return ground(self._index.find(question))

    def look(self) -> None:
        """See whether a file has changed, without anybody waiting for it. To be called on the loop."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(asyncio.to_thread(self._read))

    def _read(self) -> None:
        state = tuple(_files(self._folder))
        if state == self._state:
            return
        passages, room = list[Passage](), BYTES_MAX
        for path, _, size in state[:FILES_MAX]:
            room -= size
            if room < 0:
                break
            try:
                passages += _passages(path, str(path.relative_to(self._folder)))
            except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
                self._tell(f"the note {path.name} can't be read ({type(error).__name__}) and is left out")
        if room < 0 or len(state) > FILES_MAX:
            self._tell(f"{self._folder} has too many notes: only {BYTES_MAX} bytes in {FILES_MAX} files are read")
        self._index, self._state = Index(passages), state


def _files(folder: Path) -> Iterator[tuple[Path, int, int]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in KINDS and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            try:
                found = path.stat()
            except OSError:
                continue  # It has just gone.
            yield path, found.st_mtime_ns, found.st_size


def _passages(path: Path, source: str) -> Iterator[Passage]:
    text = path.read_text(encoding="utf-8")
    if path.suffix.lower() in (".yaml", ".yml"):
        return from_data(source, yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    return from_text(source, text)
