"""What another process learns of the updates: from what the updater wrote, while it writes."""

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

from edge_agent.base.errors import TrustError
from edge_agent.supply.fleet.figures import Figures, Kept, figures
from edge_agent.supply.fleet.floors import WRITTEN
from edge_agent.supply.fleet.journal import FILE, KEPT, Journal
from edge_agent.supply.fleet.metadata_files import FOLDER, expiries
from edge_agent.supply.fleet.trust import DistrustError, Reason, plant
from edge_agent.supply.fleet.words import Phase, Record, Tell
from tests.sim.tuf_repository import Repository

MIB = 1 << 20
ONE, TWO = ({"model.bin": random.Random(n).randbytes(2 * MIB + 5)} for n in (1, 2))


def test_a_device_without_a_fleet_has_nothing_to_tell(tmp_path):
    assert figures(tmp_path / "nowhere") == Figures()
    assert figures(tmp_path) == Figures(kept=(Kept("pulled", 0, "good"),))
    assert not list(tmp_path.iterdir())


def test_what_was_taken_and_what_was_given_back_is_counted(device):
    first = device.fleet.publish(1, ONE)
    device.update()
    assert figures(device.root).kept == (Kept(first.id, 1, "good"),)
    device.found_bad = "it says nonsense"
    second = device.fleet.publish(2, {**ONE, **TWO})
    device.update()
    device.now += 1_000_000
    device.update()
    seen = figures(device.root)
    assert seen.phase is Phase.IDLE
    assert seen.counts.changes["canary", "idle", "bad"] == 2
    assert seen.counts.changes["idle", "check", "due"] == 3
    assert seen.kept == (Kept(first.id, 1, "good"),)
    device.updater().run(back="enough of it")
    assert figures(device.root).counts.changes["idle", "rollback", "goback"] == 1
    assert second.id not in str(figures(device.root).kept)


def test_bytes_are_counted_by_where_they_came_from(device):
    (device.pulled / "tiny").mkdir(parents=True)
    (device.pulled / "tiny" / "weights").write_bytes(ONE["model.bin"])
    device.fleet.publish(1, {**ONE, "voc.txt": b"a b c"})
    device.update()
    assert figures(device.root).counts.arrived == {"local": 2 * MIB + 5, "mirror": 5}


def test_a_clock_that_is_behind_is_told_from_a_server_that_is_away(device):
    def behind(running, now):
        raise DistrustError(Reason.CLOCK, "it was 2026 already")

    device.fleet.offer = behind
    device.update()
    assert figures(device.root).counts.changes["check", "idle", "clock"] == 1
    assert issubclass(DistrustError, TrustError)


def test_counts_outlive_the_reports_that_they_count(tmp_path):
    with closing(Journal(tmp_path)) as journal:
        for serial in range(KEPT + 50):
            tell = Tell(serial, 0.0, Phase.IDLE, Phase.CHECK, "", 0, "", "due")
            journal.store(Record(phase=Phase.CHECK), [tell])
        journal.sent(KEPT + 49)
        assert len(journal.history(10_000)) <= KEPT
        assert figures(tmp_path).counts.changes == {("idle", "check", "due"): KEPT + 50}


def test_nobody_waits_for_whoever_looks_and_whoever_looks_waits_for_nobody(tmp_path):
    with closing(Journal(tmp_path)) as journal:
        journal.store(Record(phase=Phase.DOWNLOAD), [])
        with closing(sqlite3.connect(tmp_path / FILE)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            assert figures(tmp_path).phase is Phase.DOWNLOAD
    (tmp_path / FILE).write_bytes(b"no database")
    assert figures(tmp_path).phase is Phase.IDLE
    assert (tmp_path / FILE).read_bytes() == b"no database"


def test_when_trust_expires_is_read_from_the_metadata(tmp_path):
    trust = tmp_path / FOLDER
    repository = Repository()
    plant(trust, repository.public["metadata/1.root.json"])
    (trust / "timestamp.json").write_bytes(b"")
    (trust / "snapshot.json").write_text('{"signed": {"expires": "2031-05-06T07:08:09Z"}}')
    found = expiries(trust)
    assert set(found) == {"root", "snapshot"}
    assert found["snapshot"] == datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC).timestamp()
    assert found["root"] > WRITTEN
