"""The record of what was sent."""

import json
import stat

import pytest

from edge_agent.base.errors import InputError
from edge_agent.base.settings import PrivacySettings
from edge_agent.talk.mind.privacy import Record, Sent, redact
from edge_agent.talk.mind.privacy.record import FILE, last_kept

KEEP = PrivacySettings(keep_last=True)
CARD = "4111 1111 1111 1111"


def sent():
    redacted = redact(f"my card is {CARD}", KEEP)
    held = {category.value: count for category, count in redacted.held.items()}
    return Sent("a provider", "2026-11-26T12:00:00+00:00", (("user", redacted.text),), held)


def test_without_consent_it_is_kept_in_memory_alone(tmp_path):
    record = Record(PrivacySettings(), tmp_path)
    record.keep(sent())
    assert record.last == {"question": sent()}
    assert list(tmp_path.iterdir()) == []


def test_the_file_holds_what_was_sent_and_no_secret_and_is_the_owners_alone(tmp_path):
    Record(KEEP, tmp_path / "state").keep(sent())
    path = tmp_path / "state" / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert CARD not in path.read_text()
    assert last_kept(path.parent) == {"question": sent()}


def test_a_file_from_before_is_deleted_when_none_is_wanted(tmp_path):
    Record(KEEP, tmp_path).keep(sent())
    Record(PrivacySettings(), tmp_path)
    assert last_kept(tmp_path) == {}


def test_a_file_that_others_could_read_is_replaced_by_one_that_they_cannot(tmp_path):
    (tmp_path / FILE).write_text("old")
    (tmp_path / FILE).chmod(0o644)
    (tmp_path / FILE).with_suffix(".new").write_text("half")
    Record(KEEP, tmp_path).keep(sent())
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_what_cannot_be_written_is_remembered_nevertheless(tmp_path, caplog):
    (tmp_path / "state").write_text("a file where the folder should be")
    record = Record(KEEP, tmp_path / "state")
    record.keep(sent())
    assert record.last == {"question": sent()}
    assert "can't be kept" in caplog.text


@pytest.mark.parametrize(
    "damaged", ["", "[1]", "[[]]", '{"question": {}}', json.dumps({"provider": 1, "at": 2, "messages": 3, "held": {}})]
)
def test_a_damaged_file_is_named(tmp_path, damaged):
    (tmp_path / FILE).write_text(damaged)
    with pytest.raises(InputError, match=r"sent\.json"):
        last_kept(tmp_path)


def test_there_is_one_record_of_each_kind(tmp_path):
    record = Record(KEEP, tmp_path)
    record.keep(sent())
    record.keep(Sent("ear", "2026-11-26T12:00:01+00:00", (("sound", "1.2 s"),), {}, "sound"))
    later = Sent("ear", "2026-11-26T12:00:02+00:00", (("sound", "2.3 s"),), {}, "sound")
    record.keep(later)
    assert last_kept(tmp_path) == {"question": sent(), "sound": later}
