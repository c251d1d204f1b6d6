"""Only what the fleet's keys signed is loaded: asked of real metadata, at each start, without a network."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from securesystemslib.signer import CryptoSigner

from edge_agent.base.errors import ModelError
from edge_agent.base.layers import load
from edge_agent.supply.fleet import durable, pointers, release, trust, vouching
from edge_agent.supply.fleet.generations import Generations
from edge_agent.supply.fleet.models import models, proven, root
from edge_agent.supply.fleet.pointers import Pointers
from edge_agent.supply.fleet.release import Chunk, Component, File, Format, Part, Release
from edge_agent.supply.fleet.transport import Transport
from edge_agent.supply.fleet.trust import Repository as Believed
from edge_agent.supply.fleet.vouching import FILE, vouched
from tests.sim.tuf_repository import Repository

BYTES = b"weights"


def a_release(counter, data=BYTES):
    sha256 = hashlib.sha256(data).hexdigest()
    file = File("m.gguf", len(data), sha256, (Chunk(sha256, len(data)),))
    part = Component("llm", Part.LLM, Format.GGUF, "Apache-2.0", "here", (file,))
    return Release("voice", f"1.0.{counter}", counter, (part,))


class Strangers(Repository):
    """Another fleet: those of the tests share their keys otherwise."""

    def new_key(self, kind="ed25519"):
        return CryptoSigner.generate_ed25519()


class Device:
    """A device with a generation on its disk, and the fleet that it believes."""

    def __init__(self, folder, repository=None):
        self.folder = folder
        self.repository = repository or Repository()
        self.repository.delegate("releases", ["releases/*"], terminating=True)
        self.anchor = folder / "root.json"
        self.anchor.write_bytes(self.repository.public["metadata/1.root.json"])
        self.metadata = folder / "trust"
        trust.plant(self.metadata, self.anchor.read_bytes())
        self.repository.publish("releases", bump=False)
        self.repository.release("targets")
        self.settings = load({"models.folder": str(folder / "models"), "fleet.root": str(self.anchor)})

    def sign(self, made):
        custom = {"counter": made.counter, "barrier": made.barrier}
        self.repository.add_target(f"releases/voice-{made.counter}.json", release.encode(made), "releases", custom)
        self.repository.release("releases")

    def refresh(self):
        with self.repository.serve() as url, Transport() as transport:
            believed = Believed(self.metadata, f"{url}/metadata/", f"{url}/targets/", datetime.now(UTC), transport)
            believed.refresh()
            believed.vouched()

    def seal(self, made, evidence, data=BYTES):
        """Put it on the disk as the updater does."""
        generations = Generations(root(self.settings.models))
        place = generations.making(made.id) / "llm"
        durable.make_folder(place)
        (place / "m.gguf").write_bytes(data)
        generations.seal(made, release.encode(made), evidence)
        pointers.write(generations.root, Pointers(current=made.id, good=made.id))
        return generations.folder(made.id)

    def takes(self, made):
        self.sign(made)
        self.refresh()
        return self.seal(made, trust.evidence(self.metadata))


@pytest.fixture
def device(tmp_path):
    return Device(tmp_path)


def test_p26_what_the_release_keys_signed_is_loaded(device):
    made = a_release(1)
    device.takes(made)
    assert models(device.settings).generation == made.id


def test_p26_what_they_did_not_sign_is_not(device, caplog):
    device.takes(a_release(1))
    other = a_release(2, b"evil")
    device.seal(other, trust.evidence(device.metadata), b"evil")
    assert models(device.settings).generation == ""
    assert "no key of the fleet signed" in caplog.text
    with pytest.raises(ModelError, match="no key of the fleet signed"):
        proven(device.settings, other.id)


def test_p26_another_fleets_keys_vouch_for_nothing_here(device, tmp_path):
    (tmp_path / "evil").mkdir()
    stranger = Device(tmp_path / "evil", Strangers())
    made = a_release(1)
    stranger.sign(made)
    stranger.refresh()
    device.seal(made, trust.evidence(stranger.metadata))
    assert models(device.settings).generation == ""


@pytest.mark.parametrize(
    "evidence", [b"", b"{}", b"[]", b"\xff", b'{"roots": 1}', b'{"roots": ["{}"], "targets": "{}"}']
)
def test_p26_evidence_that_is_none_vouches_for_nothing(device, evidence):
    made = a_release(1)
    device.takes(made).joinpath(FILE).write_bytes(evidence)
    assert models(device.settings).generation == ""


def test_p26_evidence_whose_signatures_were_taken_off_vouches_for_nothing(device):
    made = a_release(1)
    path = device.takes(made) / FILE
    told = json.loads(path.read_bytes())
    for role in ("targets", "releases"):
        stripped = json.dumps({**json.loads(told[role]), "signatures": []})
        path.write_text(json.dumps({**told, role: stripped}))
        assert models(device.settings).generation == ""


def test_p26_bytes_that_were_exchanged_for_others_of_the_same_size_are_not_loaded(device):
    made = a_release(1)
    file = device.takes(made) / "llm" / "m.gguf"
    assert models(device.settings).generation == made.id
    file.chmod(0o600)
    file.write_bytes(b"wEights")
    assert models(device.settings).generation == ""


def test_p26_keys_that_were_exchanged_since_vouch_for_what_they_signed_then(device):
    for role in ("targets", "root"):
        device.repository.rotate(role) if role == "targets" else device.repository.add_key(role)
        device.repository.publish("root")
    device.repository.release("targets")
    made = a_release(1)
    device.takes(made)
    assert len(json.loads((models(device.settings).folder / FILE).read_bytes())["roots"]) == 3
    device.repository.rotate("targets")
    device.repository.publish("root")
    device.repository.release("targets")
    device.refresh()
    assert models(device.settings).generation == made.id


def test_p26_what_has_expired_vouches_still(device):
    made = a_release(1)
    for role in ("targets", "releases"):
        device.repository.roles[role].signed.expires = datetime.now(UTC).replace(microsecond=0) - timedelta(days=400)
    device.repository.release("targets")
    device.sign(made)
    newest = {
        role: max((name, text) for name, text in device.repository.public.items() if name.endswith(f"{role}.json"))[1]
        for role in ("targets", "releases")
    }
    evidence = json.dumps({"roots": []} | {role: text.decode() for role, text in newest.items()}).encode()
    assert trust.vouches(evidence, device.anchor.read_bytes(), made.sha256)
    assert not trust.vouches(evidence, device.anchor.read_bytes(), a_release(2).sha256)


def test_p26_where_nobody_is_to_be_believed_a_service_loads_nothing_and_a_user_is_warned(
    device, in_environment, caplog
):
    made = a_release(1)
    folder = device.takes(made)
    nobody = device.settings.model_copy(update={"fleet": device.settings.fleet.model_copy(update={"root": None})})
    assert models(nobody).generation == made.id
    assert "names nobody who vouches" in caplog.text
    in_environment(STATE_DIRECTORY="/var/lib/edge-agent")
    with pytest.raises(ModelError, match="nobody vouches"):
        vouched(folder, made, None)
    assert models(nobody).generation == ""


def test_files_are_read_again_only_when_they_have_changed(device):
    vouching._wrong.cache_clear()
    device.takes(a_release(1))
    for _ in range(3):
        models(device.settings)
    assert (vouching._wrong.cache_info().misses, vouching._wrong.cache_info().hits) == (1, 2)
