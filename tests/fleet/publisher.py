"""A fleet in a temporary folder, spoken to by its own commands, and devices that trust it."""

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from edge_agent.fleet import cli
from edge_agent.supply.fleet import trust
from edge_agent.supply.fleet.channel import Channel
from edge_agent.supply.fleet.transport import Transport

RELEASE = """
name = "spring"
version = "{version}"
barrier = {barrier}
[settings]
"mind.persona" = "You are kind."
[[components]]
name = "words"
kind = "llm"
format = "plain"
licence = "MIT"
upstream = "nowhere"
files = ["{model}"]
[[answers]]
component = "words"
given = "Say yes."
expect = ["yes"]
"""


@contextmanager
def environment(values):
    """Let these variables be set, and afterwards be what they were."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@dataclass
class Publisher:
    """Whoever holds the keys."""

    folder: object
    capsys: object

    @property
    def space(self):
        return self.folder / "fleet"

    @property
    def out(self):
        return self.folder / "out"

    def say(self, *words, code=0):
        """Run a command; return its data, or its error if it should fail."""
        self.capsys.readouterr()
        done = cli.perform([*map(str, words), "--json"])
        told = json.loads(self.capsys.readouterr().out)
        assert done == code, told
        return told["error"] if told["error"] else told["data"]

    def key(self, name):
        return self.space / "keys" / f"{name}.pem"

    def build(self, version, data=b"weights", barrier="false"):
        (self.folder / "model.bin").write_bytes(data)
        described = self.folder / "release.toml"
        described.write_text(RELEASE.format(version=version, model="model.bin", barrier=barrier))
        return self.say("release", "build", described, "--fleet", self.space)

    def sign(self, role, *keys):
        path = next((self.space / "waiting").glob(f"*.{role}.json"))
        for key in keys:
            self.say("release", "sign", path, "--key", self.key(key))

    def publish(self, *words, code=0):
        return self.say("publish", self.out, "--fleet", self.space, *words, code=code)

    def rollout(self, word, release, *words, code=0):
        return self.say("rollout", word, release, "--fleet", self.space, *words, code=code)

    def released(self, version, data=b"weights"):
        """Build, sign and publish a release, and give it to everybody."""
        built = self.build(version, data)
        self.sign("releases", "release-1", "release-3")
        self.publish()
        self.rollout("start", f"spring-{version}", "--steps", "100%@0")
        self.publish()
        return built

    def device(self, name, root=1):
        """Give a device the fleet's root."""
        folder = self.folder / name
        trust.plant(folder, (self.space / "repo" / "metadata" / f"{root}.root.json").read_bytes())
        return folder

    def ask(self, device, now=None):
        """Let a device look; return what it knows, and the manifests that the policy names."""
        with Transport() as line:
            channel = Channel(device, [self.out.as_uri()], "stable", line)
            known = channel.refresh(now or datetime.now(UTC), synchronized=True)
            return known, {
                sha: channel.manifest(known.signed[sha]) for sha in (pace.sha256 for pace in known.policy.paces)
            }
