"""Our client, as the public conformance suite would speak to it."""

import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest

CLIENT = Path(__file__).parents[4] / "tools" / "tuf-conformance-client"


def conformance_client():
    """The client as a module, so that not every step of a test starts a Python."""
    if "tuf_conformance_client" not in sys.modules:
        loader = SourceFileLoader("tuf_conformance_client", str(CLIENT))
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
        sys.modules[loader.name] = module
        loader.exec_module(module)
    return sys.modules["tuf_conformance_client"]


def called(words, when):
    """Say it to the client's main function, at its own or at another time."""
    client = conformance_client()
    now = (lambda _: when) if when else datetime.now
    with patch.object(client, "datetime", SimpleNamespace(now=now)):
        return client.main(words)


def as_a_program(words, when):
    """Say it to a process, as the suite does; another time comes from `faketime`."""
    if when and not shutil.which("faketime"):
        pytest.skip("faketime is not installed")
    command = [*(["faketime", str(when)] if when else []), sys.executable, CLIENT, *words]
    return subprocess.run(command, timeout=300, check=False).returncode


@dataclass
class Client:
    """A device's folders, and the words that can be said to it."""

    folder: Path
    url: str
    say: object = called

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

    def refresh(self, when=None):
        return self._say("--metadata-url", f"{self.url}metadata/", "refresh", when=when)

    def download(self, *names, when=None):
        words = [word for name in names for word in ("--target-name", name)]
        base = ["--target-base-url", f"{self.url}targets/", "--target-dir", str(self.targets)]
        return self._say("--metadata-url", f"{self.url}metadata/", *words, *base, "download", when=when)

    def trusts(self):
        """Return the version of each role that is trusted."""
        return {path.stem: json.loads(path.read_bytes())["signed"]["version"] for path in self.metadata.glob("*.json")}

    def believed(self, role):
        """Return the bytes of a role's metadata as they are kept."""
        return (self.metadata / f"{role}.json").read_bytes()

    def has(self):
        """Return the bytes that were downloaded, by file name."""
        return {path.name: path.read_bytes() for path in self.targets.iterdir()}

    def _say(self, *words, when=None):
        return self.say(["--metadata-dir", str(self.metadata), *words], when)
