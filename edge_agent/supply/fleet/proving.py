"""Ask a canary about a release, and put an end to one that does not answer."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge_agent.base.errors import ModelError
from edge_agent.supply.fleet.release import Part, Release

TIMEOUT_S = 600.0
_NEEDED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
_MORE_MB = 3072
"""What engines need beside their weights: code, threads' stacks, caches."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What is tried, and against what."""

    release: Release
    folder: Path
    """Where its components are."""
    old: Mapping[str, Path]
    """Kind of model → folder of the one in use."""


class Proof(Protocol):
    """Whatever tells a good generation from a bad one."""

    def __call__(self, tried: Tried) -> None:
        """Return if it is good; ModelError says why it is not."""


@dataclass(frozen=True, slots=True)
class InACanary:
    """The proof that counts: see `canary.py`."""

    threads: int
    context_tokens: int
    timeout_s: float = TIMEOUT_S

    def __call__(self, tried: Tried) -> None:
        """As in `Proof`."""
        # -P and our own path: it finds what we find, and nothing that lies in the current folder by chance.
        command = [sys.executable, "-P", "-m", "edge_agent.supply.fleet.canary"]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        ) as process:
            try:
                told, _ = process.communicate(self._asked(tried), self.timeout_s)
            except subprocess.TimeoutExpired as error:
                raise ModelError(f"it did not answer within {self.timeout_s:.0f} s") from error
            finally:
                _end(process)
        try:
            reason = str(json.loads(told)["reason"])
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"the process that tried it ended with {process.returncode}") from error
        if reason:
            raise ModelError(reason)

    def _asked(self, tried: Tried) -> bytes:
        release = tried.release
        components = {component.name: component for component in release.components}
        answers = [
            {
                "kind": components[answer.component].kind,
                "given": str(tried.folder / answer.given) if _hears(release, answer.component) else answer.given,
                "expect": answer.expect,
                "min_ms": answer.min_ms,
                "max_ms": answer.max_ms,
            }
            for answer in release.answers
        ]
        asked = {
            "new": {
                component.kind: str((tried.folder / component.name / component.files[0].path).parent)
                for component in release.components
                if component.kind not in (Part.WAKE, Part.DATA)
            },
            "words": [
                str(tried.folder / component.name / component.files[0].path)
                for component in release.components
                if component.kind is Part.WAKE
            ],
            "old": {kind: str(folder) for kind, folder in tried.old.items()},
            "readable": [str(tried.folder), *map(str, tried.old.values())],
            "limit_mb": release.size // 1_000_000 * 3 + _MORE_MB,
            "threads": self.threads,
            "context_tokens": release.settings.get("mind.context_tokens", self.context_tokens),
            "persona": release.settings.get("mind.persona", ""),
            "answers": answers,
        }
        return json.dumps(asked).encode()


def _environment() -> dict[str, str]:
    """What a program needs to run at all: nobody's keys are in there."""
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return {"PYTHONPATH": path} | {name: os.environ[name] for name in _NEEDED if name in os.environ}


def _hears(release: Release, name: str) -> bool:
    return any(component.name == name and component.kind is Part.STT for component in release.components)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole session; whoever already left is not in it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
