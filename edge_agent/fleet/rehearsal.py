"""A small fleet for real, on this machine: its keys, a web server, and some hundred devices' own trust code.

1. A release is built, signed and published to a folder, which a plain web server serves on loopback.
2. Every device asks as it would ask anywhere, and whoever is offered the release fetches and checks all of it.
3. Then the rollout is stopped, and everybody asks again: nobody may be offered it any more.
"""

import hashlib
import math
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from edge_agent.fleet import founding, keys, pacing, publishing, releasing, simulate, workspace
from edge_agent.fleet.workspace import Workspace
from edge_agent.supply.fleet import policy, trust
from edge_agent.supply.fleet.channel import Channel
from edge_agent.supply.fleet.policy import Device, Pace, Policy, Step
from edge_agent.supply.fleet.transport import Transport

CHANNEL = "stable"
AT_ONCE = 16
SHARE_PPM = 250_000
_RELEASE = """
name = "rehearsal"
version = "1.0.0"
[[components]]
name = "words"
kind = "llm"
format = "plain"
licence = "CC0-1.0"
upstream = "nowhere"
files = ["model.bin"]
[[answers]]
component = "words"
given = "Say yes."
expect = ["yes"]
"""
_MODEL = bytes(range(256)) * 6000


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """How it went."""

    devices: int
    took: int
    """Devices that were offered the release and have all of it."""
    least: int
    most: int
    """How many that could have been, five standard deviations wide."""
    after_stop: int
    """Devices that were offered it after the stop."""
    requests_first: int
    requests_idle: int
    """Of a poll of all devices that found nothing new."""
    requests_stop: int

    @property
    def ok(self) -> bool:
        """Whether it went as it should."""
        return self.least <= self.took <= self.most and not self.after_stop and self.requests_idle == self.devices


def rehearse(devices: int) -> Rehearsed:
    """Run a rollout to a quarter of the devices, and stop it."""
    with tempfile.TemporaryDirectory() as folder:
        space = _published(Path(folder))
        root = (space.metadata / "1.root.json").read_bytes()
        with _serving(space.repo) as (url, asked), ThreadPoolExecutor(AT_ONCE) as pool, Transport() as line:
            names = simulate.ids(devices)
            homes = [Path(folder) / "devices" / name for name in names]
            for home in homes:
                trust.plant(home, root)

            def wave() -> tuple[int, int]:
                before = len(asked)
                took = sum(pool.map(partial(_ask, url, line), homes))
                return took, len(asked) - before

            took, first = wave()
            _, idle = wave()
            now = datetime.now(UTC)
            told = publishing.policy_of(space, CHANNEL)
            ops = keys.load(space.keys / "ops.pem")
            publishing.set_policy(space, pacing.paused(told, told.paces[0].sha256, True), ops, now)
            publishing.publish(space, keys.load(space.keys / "online.pem"), ops, now, None)
            after, stop = wave()
    part = SHARE_PPM / policy.WHOLE
    spread = simulate.SIGMAS * math.sqrt(devices * part * (1 - part))
    least, most = math.floor(devices * part - spread), math.ceil(devices * part + spread)
    return Rehearsed(devices, took, least, most, after, first, idle, stop)


def _ask(url: str, line: Transport, home: Path) -> bool:
    """Ask as a device does; fetch what is offered; say whether something was."""
    now = datetime.now(UTC)
    channel = Channel(home, [url], CHANNEL, line)
    known = channel.refresh(now, synchronized=True)
    choice = policy.choose(known.policy, known.signed, Device(home.name), int(now.timestamp()), known.floor)
    if choice.release is None or (home / "took").exists():
        return choice.release is not None
    for _, file in channel.manifest(choice.release).files():
        whole = hashlib.sha256()
        for chunk in file.chunks:
            whole.update(line.get(f"{url}/chunks/{chunk.sha256[:2]}/{chunk.sha256[2:4]}/{chunk.sha256}", chunk.size))
        if whole.hexdigest() != file.sha256:
            raise RuntimeError(f"{file.path} is not what was signed")
    (home / "took").touch()
    return True


def _published(folder: Path) -> Workspace:
    space = Workspace(folder / "fleet")
    now = datetime.now(UTC)
    founding.found(space, now, None)
    (folder / "model.bin").write_bytes(_MODEL)
    (folder / "release.toml").write_text(_RELEASE)
    built = releasing.build(space, folder / "release.toml", now)
    for name in ("release-1", "release-2"):
        workspace.sign(built.waiting, keys.load(space.keys / f"{name}.pem"))
    online, ops = keys.load(space.keys / "online.pem"), keys.load(space.keys / "ops.pem")
    publishing.publish(space, online, ops, now, None)
    pace = Pace(built.release.sha256, "0" * 16, int(now.timestamp()), (Step(0, SHARE_PPM),))
    publishing.set_policy(space, pacing.started(Policy(CHANNEL), pace), ops, now)
    publishing.publish(space, online, ops, now, None)
    return space


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder on loopback; yield its address, and the list that will hold what is asked."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, *_: object) -> None:
            asked.append(self.path)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()
