"""Our client, as the public conformance suite would speak to it."""

import importlib.util
import json
import sys
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path

CLIENT = Path(__file__).parents[4] / "tools" / "tuf-conformance-client"


def conformance_main():
    """The client's main function, so that not every step of a test starts a Python."""
    if "tuf_conformance_client" not in sys.modules:
        loader = SourceFileLoader("tuf_conformance_client", str(CLIENT))
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
        sys.modules[loader.name] = module
        loader.exec_module(module)
    return sys.modules["tuf_conformance_client"].main


@dataclass
class Client:
    """A device's folders, and the words that can be said to it."""

    folder: Path
    url: str

    @property
    def metadata(self):
        return self.folder / "metadata"

    @property
    def targets(self):
        return self.folder / "targets"

    def init(self, root):
        given = self.folder / "initial.json"
        given.write_bytes(root)
        return self._say("init", str(given))

    def refresh(self):
        return self._say("--metadata-url", f"{self.url}metadata/", "refresh")

    def download(self, *names):
        words = [word for name in names for word in ("--target-name", name)]
        base = ["--target-base-url", f"{self.url}targets/", "--target-dir", str(self.targets)]
        return self._say("--metadata-url", f"{self.url}metadata/", *words, *base, "download")

    def trusts(self):
        """Return the version of each role that is trusted."""
        return {path.stem: json.loads(path.read_bytes())["signed"]["version"] for path in self.metadata.glob("*.json")}

    def has(self):
        """Return the bytes that were downloaded, by file name."""
        return {path.name: path.read_bytes() for path in self.targets.iterdir()}

    def _say(self, *words):
        return conformance_main()(["--metadata-dir", str(self.metadata), *words])
