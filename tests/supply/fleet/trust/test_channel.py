"""The operations key chooses, the release keys vouch: what a thief of one key, or of the way between, can do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.base.errors import InputError, NetworkError
from edge_agent.supply.fleet import floors, policy, release, trust
from edge_agent.supply.fleet.channel import Channel
from edge_agent.supply.fleet.policy import Pace, Policy, Step
from edge_agent.supply.fleet.release import Chunk, Component, File, Format, Part, Release
from edge_agent.supply.fleet.transport import Transport
from edge_agent.supply.fleet.trust import DistrustError, Reason
from tests.sim.tuf_repository import Repository

SALT = "0" * 16


def a_release(counter, barrier=False):
    chunk = Chunk("ab" * 32, 3)
    file = File("m.gguf", 3, "cd" * 32, (chunk,))
    part = Component("llm", Part.LLM, Format.GGUF, "Apache-2.0", "here", (file,))
    return Release("voice", f"1.0.{counter}", counter, (part,), barrier=barrier)


class Fleet:
    """A whole fleet's repository: what its keys sign, and a device that trusts it."""

    def __init__(self, folder):
        self.repository = Repository()
        self.repository.delegate("releases", ["releases/*"], terminating=True)
        self.repository.delegate("rollout", ["channels/*"], terminating=True)
        self.folder = folder
        self.paces = ()
        trust.plant(folder, self.repository.public["metadata/1.root.json"])
        self.repository.publish("releases", "rollout", bump=False)
        self.repository.release("targets")

    def sign(self, made, role="releases", custom=None):
        """Let a role vouch for a release."""
        path = f"releases/voice-{made.counter}.json"
        custom = custom or {"counter": made.counter, "barrier": made.barrier}
        target = self.repository.add_target(path, release.encode(made), role, custom)
        self.repository.release(role)
        return target

    def roll_out(self, *made, **more):
        """Let the operations key choose releases."""
        self.paces = tuple(Pace(one.sha256, SALT, 0, (Step(0, policy.WHOLE),)) for one in made)
        told = policy.encode(Policy("stable", paces=self.paces, **more))
        self.repository.add_target("channels/stable.json", told, "rollout")
        self.repository.release("rollout")

    def ask(self, *urls, now=None, synchronized=False):
        with Transport() as transport:
            channel = Channel(self.folder, urls, "stable", transport)
            known = channel.refresh(now or datetime.now(UTC), synchronized=synchronized)
            return known, {
                sha: channel.manifest(known.signed[sha]) for sha in (pace.sha256 for pace in known.policy.paces)
            }


@pytest.fixture
def fleet(tmp_path):
    return Fleet(tmp_path)


@pytest.fixture
def url(fleet):
    with fleet.repository.serve() as url:
        yield url


def test_what_both_agree_on_is_known(fleet, url):
    made = a_release(3, barrier=True)
    fleet.sign(a_release(2))
    fleet.sign(made)
    fleet.roll_out(made, min_counter=2)
    known, manifests = fleet.ask(url)
    assert manifests == {made.sha256: made}
    assert known.signed[made.sha256].barrier
    assert known.floor == 2
    assert len(known.signed) == 2


def test_out_of_a_folder_it_is_the_same(fleet, tmp_path):
    made = a_release(1)
    fleet.sign(made)
    fleet.roll_out(made)
    stick = tmp_path / "stick"
    for address, data in fleet.repository.public.items():
        (stick / address).parent.mkdir(parents=True, exist_ok=True)
        (stick / address).write_bytes(data)
    _, manifests = fleet.ask(stick.as_uri())
    assert manifests == {made.sha256: made}


def test_a_stolen_operations_key_can_not_bring_a_release(fleet, url):
    evil = a_release(9)
    fleet.roll_out(evil)
    with pytest.raises(DistrustError, match="which no release key signed") as error:
        fleet.ask(url)
    assert error.value.reason is Reason.DISAGREES
    # Not even when it claims it among its own targets.
    fleet.sign(evil, role="rollout")
    with pytest.raises(DistrustError, match="which no release key signed"):
        fleet.ask(url)


def test_a_stolen_operations_key_can_not_lend_itself_the_releases(fleet, url):
    evil = a_release(9)
    fleet.repository.delegate("releases-too", ["releases/*"], by="rollout")
    fleet.sign(evil, role="rollout")
    fleet.repository.add_target(
        "releases/voice-9.json", release.encode(evil), "releases-too", {"counter": 9, "barrier": False}
    )
    fleet.repository.publish("releases-too", bump=False)
    fleet.roll_out(evil)
    with pytest.raises(DistrustError, match="which no release key signed"):
        fleet.ask(url)


def test_a_stolen_operations_key_can_not_shut_the_door(fleet, url):
    made = a_release(5)
    fleet.sign(made)
    fleet.roll_out(min_counter=1 << 30)
    assert fleet.ask(url)[0].floor == 5


def test_a_policy_that_was_replaced_does_not_come_back(fleet, url):
    bad, good = a_release(1), a_release(2)
    fleet.sign(bad)
    fleet.sign(good)
    fleet.roll_out(bad)
    old = {name: data for name, data in fleet.repository.public.items() if "rollout" in name or "channels" in name}
    fleet.roll_out(good, deny=(bad.sha256,))
    fleet.ask(url)
    # With the online keys stolen, the old policy's metadata can be named again, but a device has seen the new one.
    repository = fleet.repository
    repository.public |= old
    repository.snapshot.meta["rollout.json"].version = 2
    repository.publish("snapshot", "timestamp")
    with pytest.raises(DistrustError) as error:
        fleet.ask(url)
    assert error.value.reason is Reason.OLDER


def test_a_least_counter_is_remembered_when_a_later_policy_forgets_it(fleet, url):
    fleet.sign(a_release(4))
    fleet.roll_out(min_counter=4)
    fleet.ask(url)
    fleet.roll_out()
    assert fleet.ask(url)[0].floor == 4


@pytest.mark.parametrize(
    "custom", [{"counter": "1", "barrier": False}, {"counter": 1}, {"barrier": True}, {"counter": 0, "barrier": True}]
)
def test_a_release_must_be_signed_with_its_order(fleet, url, custom):
    made = a_release(1)
    fleet.sign(made, custom=custom)
    fleet.roll_out(made)
    with pytest.raises(DistrustError, match="without its order"):
        fleet.ask(url)


def test_the_order_that_is_signed_must_be_the_releases_own(fleet, url):
    made = a_release(1)
    fleet.sign(made, custom={"counter": 7, "barrier": False})
    fleet.roll_out(made)
    with pytest.raises(DistrustError, match="not the release"):
        fleet.ask(url)


def test_a_manifest_with_other_bytes_is_refused(fleet, url):
    made = a_release(1)
    target = fleet.sign(made)
    fleet.roll_out(made)
    fleet.repository.put(target, release.encode(replace(made, name="vOice")))
    with pytest.raises(DistrustError, match="other bytes"):
        fleet.ask(url)


def test_a_manifest_that_is_none_is_refused_however_well_it_is_signed(fleet, url):
    target = fleet.repository.add_target("releases/x.json", b"{}", "releases", {"counter": 1, "barrier": False})
    fleet.repository.release("releases")
    told = Policy("stable", paces=(Pace(target.hashes["sha256"], SALT, 0, (Step(0, 1),)),))
    fleet.repository.add_target("channels/stable.json", policy.encode(told), "rollout")
    fleet.repository.release("rollout")
    with pytest.raises(InputError, match="no release manifest"):
        fleet.ask(url)


def test_a_policy_for_another_channel_is_refused(fleet, url):
    fleet.repository.add_target("channels/stable.json", policy.encode(Policy("beta")), "rollout")
    fleet.repository.release("rollout")
    with pytest.raises(DistrustError, match="for the channel beta"):
        fleet.ask(url)


def test_a_channel_that_is_not_there_is_named(fleet, url):
    with pytest.raises(DistrustError, match="no channel stable"):
        fleet.ask(url)


def test_a_bad_mirror_costs_time_and_never_trust(fleet, url):
    made = a_release(1)
    fleet.sign(made)
    fleet.roll_out(made)
    evil = Repository()
    with evil.serve() as other:
        known, manifests = fleet.ask("http://127.0.0.1:1", other, url)
    assert known.mirror == url.rstrip("/")
    assert manifests == {made.sha256: made}


def test_a_clock_that_is_known_to_be_wrong_asks_nobody(fleet, url):
    past = datetime.fromtimestamp(floors.WRITTEN, UTC).replace(year=2016)
    with pytest.raises(DistrustError, match="clock is behind") as error:
        fleet.ask(url, now=past)
    assert error.value.reason is Reason.CLOCK
    assert fleet.repository.asked == []


def test_a_poll_that_finds_nothing_new_asks_once(fleet, url):
    made = a_release(1)
    fleet.sign(made)
    fleet.roll_out(made, min_counter=1)
    first, _ = fleet.ask(url)
    fleet.repository.asked.clear()
    assert fleet.ask(url)[0] == first
    assert fleet.repository.asked[0] == "metadata/timestamp.json"
    assert [address for address in fleet.repository.asked if address.startswith("metadata/")] == [
        "metadata/timestamp.json"
    ]


def test_a_poll_that_finds_something_new_asks_for_all(fleet, url):
    made = a_release(1)
    fleet.sign(made)
    fleet.roll_out(made)
    fleet.ask(url)
    fleet.roll_out(deny=(made.sha256,))
    assert fleet.ask(url)[0].policy.deny == (made.sha256,)


def test_what_is_remembered_expires_with_its_signatures(fleet, url):
    fleet.roll_out()
    fleet.ask(url)
    with pytest.raises(DistrustError, match="expired"):
        fleet.ask(url, now=datetime.now(UTC) + timedelta(days=31))


def test_what_is_remembered_and_damaged_is_asked_again(fleet, url):
    fleet.roll_out()
    first, _ = fleet.ask(url)
    for damaged in (b"", b"{}", (fleet.folder / "remembered.stable").read_bytes()[:-9]):
        (fleet.folder / "remembered.stable").write_bytes(damaged)
        assert fleet.ask(url)[0] == first


def test_without_a_mirror_there_is_nothing_to_ask(fleet):
    with pytest.raises(NetworkError, match="no mirror"):
        fleet.ask()
