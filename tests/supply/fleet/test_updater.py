"""A device takes a release, keeps it when it is good, and is as before when it isn't."""

import os
import random
import shutil
from dataclasses import replace
from datetime import datetime

import pytest

from edge_agent.base.errors import InputError, NetworkError
from edge_agent.supply.fleet import health, pointers
from edge_agent.supply.fleet.doing import Terms
from edge_agent.supply.fleet.download import Download, Mirrors, address
from edge_agent.supply.fleet.health import Health
from edge_agent.supply.fleet.hours import hours
from edge_agent.supply.fleet.transport import Transport
from edge_agent.supply.fleet.words import Phase

MIB = 1 << 20
ONE, TWO = ({"model.bin": random.Random(n).randbytes(3 * MIB + 5), "voc/words.txt": b"a b c"} for n in (1, 2))


def content(device, name):
    folder = device.generations.folder(name) / "words"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_good_release_is_taken_and_stays(device):
    release = device.fleet.publish(1, ONE)
    record = device.update()
    assert record.phase is Phase.IDLE
    assert (device.pointers.current, device.pointers.good) == (release.id, release.id)
    assert content(device, release.id) == ONE
    assert device.history()[-3:] == ["probation", "commit", "idle"]
    assert record.floor == 1
    assert not any(path.suffix == ".tmp" for path in device.root.iterdir())
    assert not (device.generations.folder(release.id) / "words" / "model.bin").stat().st_mode & 0o222


def test_nothing_is_asked_before_its_time(device):
    device.update()
    device.updater().run()
    assert device.fleet.asked == 1
    device.now += 7200
    device.updater().run()
    assert device.fleet.asked == 2


def test_what_is_there_is_not_fetched(device):
    device.fleet.publish(1, ONE)
    device.update()
    changed = {"model.bin": ONE["model.bin"][: 2 * MIB] + b"changed" + ONE["model.bin"][2 * MIB + 7 :]}
    second = device.fleet.publish(2, changed)
    for chunk in second.components[0].files[0].chunks[:2]:
        (device.fleet.folder / address(chunk.sha256)).unlink()
    device.update()
    assert content(device, second.id) == changed


def test_pulled_models_need_not_be_fetched_either(device):
    (device.pulled / "tiny").mkdir(parents=True)
    (device.pulled / "tiny" / "weights").write_bytes(ONE["model.bin"])
    release = device.fleet.publish(1, {"model.bin": ONE["model.bin"]})
    shutil.rmtree(device.fleet.folder / "chunks")
    device.update()
    assert device.pointers.good == release.id


def test_an_evil_mirror_costs_a_request_and_nothing_else(device, tmp_path):
    release = device.fleet.publish(1, ONE)
    shutil.copytree(device.fleet.folder, tmp_path / "evil")
    for path in (tmp_path / "evil" / "chunks").rglob("*/*/*"):
        path.write_bytes(b"x" * path.stat().st_size)
    device.mirrors = [(tmp_path / "evil").as_uri(), device.fleet.url]
    device.update()
    assert content(device, release.id) == ONE


def test_without_a_chunk_it_waits_and_goes_on_from_there(device):
    release = device.fleet.publish(1, ONE)
    lacking = device.fleet.folder / address(release.components[0].files[0].chunks[2].sha256)
    data = lacking.read_bytes()
    lacking.unlink()
    record = device.update()
    assert (record.phase, device.pointers.current) == (Phase.IDLE, "")
    assert "is not there" in record.reason
    assert record.denied == {}
    lacking.write_bytes(data)
    for chunk in release.components[0].files[0].chunks[:2]:
        (device.fleet.folder / address(chunk.sha256)).unlink()
    device.update()
    assert content(device, release.id) == ONE


def test_a_disk_that_is_too_small_says_so_and_gets_everything_back(device):
    device.fleet.publish(1, ONE)
    device.terms = Terms(keep_free=1 << 60)
    record = device.update()
    assert "MB more must be free" in record.reason
    assert list(device.root.glob("*.tmp")) == []
    device.terms = Terms(keep_free=0)
    assert device.update().floor == 1


def test_a_canary_that_dies_twice_is_believed(device):
    release = device.fleet.publish(1, ONE)
    device.found_bad = "it says no instead of yes"
    assert device.update().denied == {}
    record = device.update()
    assert record.denied == {release.sha256: "it says no instead of yes"}
    assert device.pointers.current == ""
    assert device.generations.sealed() == []
    device.update()
    assert len(device.tried) == 2
    device.found_bad = ""
    assert device.update(forgiving=True).floor == 1


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (Health(turns=20, first_sound_p95_ms=900, transcript_p95_ms=100), "first sound takes 2.2 times as long"),
        (Health(turns=20, first_sound_p95_ms=400, transcript_p95_ms=200), "transcript takes 2.0 times as long"),
        (Health(turns=3, crashes=1), "workers died"),
        (Health(broken="no such tensor"), "can't be loaded: no such tensor"),
        (Health(turns=5, memory_begun_mb=500, memory_mb=900), "memory grew"),
    ],
)
def test_what_is_worse_at_work_is_taken_back_within_seconds(device, seen, why):
    first = device.fleet.publish(1, ONE)
    device.update()
    health.write(device.root, first.id, device.seen)
    second = device.fleet.publish(2, TWO)
    device.seen = seen
    began = device.now
    record = device.update()
    assert device.pointers.current == first.id
    assert why in record.denied[second.sha256]
    assert device.now - began < 10
    assert device.generations.sealed() == [first.id]
    assert content(device, first.id) == ONE
    assert record.floor == 1


def test_where_nobody_speaks_the_canary_is_asked_once_more(device):
    device.fleet.publish(1, ONE)
    device.seen = Health()
    assert device.update().floor == 1
    assert len(device.tried) == 2
    assert sum(device.waited) >= device.terms.limits.probation_s


def test_the_owner_goes_back_without_the_network(device):
    first = device.fleet.publish(1, ONE)
    device.update()
    second = device.fleet.publish(2, TWO)
    device.update()
    assert device.pointers.current == second.id
    asked = device.fleet.asked
    record = device.updater().run(back="the owner did not like it")
    assert device.pointers.current == device.pointers.good == first.id
    assert record.denied == {second.sha256: "the owner did not like it"}
    assert device.fleet.asked == asked
    device.updater().run(back="nor this one")
    assert device.pointers.current == ""
    with pytest.raises(InputError):
        device.updater().run(back="again")


def test_three_generations_are_never_kept_unless_one_is_in_use(device):
    first = device.fleet.publish(1, ONE)
    device.update()
    with device.generations.lease(first.id):
        for counter in (2, 3):
            device.fleet.publish(counter, {"model.bin": b"%d" % counter})
            device.update()
        assert device.generations.is_leased(first.id)
        assert len(device.generations.sealed()) == 3
    device.update()
    assert first.id not in device.generations.sealed()


def test_two_updaters_are_one_too_many(device):
    device.fleet.publish(1, ONE)
    seen = []

    def meanwhile(tried):
        with pytest.raises(NetworkError, match="another process"):
            device.update()
        seen.append(tried)

    device.prove = meanwhile
    device.update()
    assert seen


def test_outside_of_its_hours_it_waits_until_they_begin(device):
    device.fleet.publish(1, ONE)
    hour = datetime.fromtimestamp(device.now).astimezone().hour
    closed = hours(f"{(hour + 2) % 24:02}:00-{(hour + 3) % 24:02}:00")
    device.terms = replace(device.terms, hours=closed)
    record = device.update()
    assert record.phase is Phase.IDLE
    assert record.wake_at >= device.now + closed.wait_s(device.now)
    device.now = record.wake_at + 1
    assert device.updater().run().floor == 1


def test_hours_that_end_while_it_fetches_end_the_fetching(device):
    release = device.fleet.publish(1, ONE)
    hour = datetime.fromtimestamp(device.now).astimezone().hour
    device.terms = replace(device.terms, hours=hours(f"{hour:02}:00-{(hour + 1) % 24:02}:00"), rate=MIB // 3600)
    record = device.update()
    assert (record.phase, record.target) == (Phase.IDLE, release.id)
    assert "fleet.hours" in record.reason
    assert record.wake_at > device.now
    fetched = device.waited[:]
    device.now, device.terms = record.wake_at + 1, replace(device.terms, rate=0)
    assert device.updater().run().floor == 1
    assert len(fetched) == 1, "the first chunk was fetched, and kept"


def test_it_is_never_faster_than_it_may(device):
    release = device.fleet.publish(1, ONE)
    device.generations.reserve(release, 0)
    waited = []
    mirrors = Mirrors(device.mirrors, Transport())
    Download(device.generations, mirrors, device.pulled, rate=MIB // 100, wait=waited.append).run(release)
    # This clock does not stand still for those who only pretend to wait: each wait is for all that was fetched.
    assert [round(seconds, -1) for seconds in waited[:3]] == [100, 200, 300]


def test_a_damaged_generation_is_made_again(device):
    release = device.fleet.publish(1, ONE)
    device.update()
    broken = device.generations.folder(release.id) / "words" / "model.bin"
    broken.chmod(0o644)
    os.truncate(broken, 5)
    device.update()
    assert content(device, release.id) == ONE


def test_wrong_bytes_on_the_disk_are_fetched_again(device):
    release = device.fleet.publish(1, ONE)
    device.found_bad = "no"
    device.update()
    broken = device.generations.folder(release.id)
    broken.rename(device.generations.making(release.id))
    (device.generations.making(release.id) / "stranger").symlink_to("/etc/passwd")
    device.found_bad = ""
    record = device.update()
    assert "no part of the release" in record.reason
    record = device.update(forgiving=True)
    assert device.pointers.current == release.id


def test_pointers_that_cant_be_read_are_no_pointers(device):
    device.fleet.publish(1, ONE)
    device.update()
    (device.root / pointers.FILE).write_bytes(b"{")
    assert device.pointers == pointers.Pointers()
    assert device.update().floor == 1
    assert device.pointers.current.startswith("1-")


def test_a_memory_that_is_damaged_is_begun_anew(device):
    device.fleet.publish(1, ONE)
    device.update()
    (device.root / "updates.db").write_bytes(b"no database at all" * 999)
    for path in device.root.glob("updates.db-*"):
        path.unlink()
    device.fleet.publish(2, TWO)
    assert device.update().floor == 2


def test_a_release_on_trial_is_given_back_by_the_process_that_watches_it(device):
    device.fleet.publish(1, ONE)
    device.seen = Health()
    wait = device.wait

    def owner_comes(seconds):
        if len(device.waited) == 2:
            device.updater().run(back="it mumbles")
        return wait(seconds)

    device.wait = owner_comes
    record = device.update()
    assert list(record.denied.values()) == ["it mumbles"]
    assert device.pointers.current == ""
    assert len(device.waited) == 3


def test_a_look_changes_nothing(device):
    release = device.fleet.publish(1, ONE)
    device.root.mkdir(exist_ok=True)
    assert device.updater().look().release == release
    assert device.generations.sealed() == []
    assert device.pointers.current == ""
