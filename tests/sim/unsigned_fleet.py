"""A fleet whose word is taken for it: a repository's chunks in a folder, and the highest release in a file.

Nothing is signed here, and no product code reads it. It stands where trust would, in tests of what comes after trust.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from edge_agent.supply.fleet.chunks import cut
from edge_agent.supply.fleet.download import address
from edge_agent.supply.fleet.manifest import parse
from edge_agent.supply.fleet.release import Component, File, Format, Part, Release, encode
from edge_agent.supply.fleet.wanted import Offer, Running

Files = Mapping[str, bytes]


class UnsignedFleet:
    """Publishes into a folder and says what is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = 0

    @property
    def url(self) -> str:
        return self.folder.as_uri()

    def publish(self, counter: int, files: Files, form: Format = Format.PLAIN, **more) -> Release:
        """Publish a language model that consists of `files`."""
        described = tuple(self.store(io.BytesIO(data), path, form) for path, data in files.items())
        model = Component("words", Part.LLM, form, "MIT", "nowhere", described)
        return self.announce(Release("spring", f"1.0.{counter}", counter, (model,), **more))

    def store(self, source: BinaryIO, path: str, form: Format = Format.PLAIN) -> File:
        """Put the chunks of a file, however large, where devices look for them."""
        file = cut(source, path, form)
        source.seek(0)
        for chunk in file.chunks:
            place, data = self.folder / address(chunk.sha256), source.read(chunk.size)
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
        return file

    def announce(self, release: Release) -> Release:
        """Say that this is the release to have."""
        (self.folder / "release.json").write_bytes(encode(release))
        return release

    def offer(self, running: Running, now: float) -> Offer:
        self.asked += 1
        path = self.folder / "release.json"
        if not path.exists():
            return Offer("nothing was published")
        release = parse(path.read_bytes())
        if release.counter <= running.counter:
            return Offer("it runs the newest")
        return Offer("newer", release)
