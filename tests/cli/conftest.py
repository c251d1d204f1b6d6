"""The command line as a user has it: a process of its own, in a home of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge_agent.base.paths import paths


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def object(self):
        return json.loads(self.out)


@dataclass(frozen=True)
class Home:
    """A folder in which nothing was ever configured."""

    root: Path

    @property
    def config(self):
        return self.root / ".config" / "edge-agent" / "config.toml"

    @property
    def state(self):
        return self.root / ".local" / "state" / "edge-agent"

    def configure(self, text):
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text)

    def environment(self, **more):
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("EDGE_AGENT_", "XDG_", "JOURNAL_"))
        }
        kept.pop("STATE_DIRECTORY", None)
        return kept | {"HOME": str(self.root)} | more

    def run(self, *arguments, within_s=60, stdin=b"", **environment):
        done = subprocess.run(
            [sys.executable, "-m", "edge_agent", *arguments],
            env=self.environment(**environment),
            input=stdin,
            capture_output=True,
            timeout=within_s,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def models():
    """The real models, for a process whose home is another one."""
    return {"EDGE_AGENT_MODELS__FOLDER": str(paths().models), "EDGE_AGENT_MODELS__PROFILE": "tiny"}


@pytest.fixture
def silent():
    """An environment in which no sound system can be found."""
    return {"PULSE_SERVER": "unix:/nowhere", "ALSA_CONFIG_PATH": "/usr/share/alsa/alsa.conf"}
