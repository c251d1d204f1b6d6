"""Whether the microphone stays closed over a restart, and what is said where it does not."""

import pytest

from edge_agent.host.muted import FILE, KeptMute


@pytest.mark.parametrize("muted", [True, False])
def test_the_next_run_begins_as_the_last_one_was_left(tmp_path, muted):
    KeptMute(tmp_path / "state" / FILE).keep(not muted)
    KeptMute(tmp_path / "state" / FILE).keep(muted)
    assert KeptMute(tmp_path / "state" / FILE).muted is muted
    assert KeptMute(tmp_path / "state" / FILE).holds(muted)


def test_what_the_disk_did_not_take_is_told_and_not_said_to_be_kept(tmp_path, caplog):
    (tmp_path / "state").touch()  # no folder can be made there, as on a disk that is read-only
    kept = KeptMute(tmp_path / "state" / FILE)
    kept.keep(True)
    assert "can't be kept" in caplog.text
    assert not kept.holds(True)


def test_where_nothing_is_to_be_kept_nothing_is_missing():
    kept = KeptMute(None)
    kept.keep(True)
    assert not kept.muted
    assert kept.holds(True)
