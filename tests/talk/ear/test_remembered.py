"""The delay of a device's echo outlives the process, and is never more than a hint."""

import pytest

from edge_agent.talk.ear.remembered import DEVICES_MAX, Remembered


def test_what_was_kept_is_known_again_for_that_device_at_that_rate(tmp_path):
    path = tmp_path / "state" / "echo.json"
    Remembered(path).keep("USB", 48_000, 43.21)
    again = Remembered(path)
    assert again.delay_ms("USB", 48_000) == 43.2
    assert again.delay_ms("USB", 16_000) is None
    assert again.delay_ms("Headset", 48_000) is None


def test_those_that_were_used_last_are_kept(tmp_path):
    known = Remembered(tmp_path / "echo.json")
    for number in range(DEVICES_MAX + 1):
        known.keep(f"number {number}", 48_000, 40.0)
        known.keep("number 0", 48_000, 41.0)
    assert Remembered(tmp_path / "echo.json").delay_ms("number 0", 48_000) == 41.0
    assert Remembered(tmp_path / "echo.json").delay_ms("number 1", 48_000) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b'{"USB at 48000 Hz": "x"}', b'{"USB at 48000 Hz": NaN}', b'{"USB at 48000 Hz": -9}', b"\xff"],
)
def test_a_damaged_file_is_nothing_known(tmp_path, content):
    (tmp_path / "echo.json").write_bytes(content)
    assert Remembered(tmp_path / "echo.json").delay_ms("USB", 48_000) is None


def test_where_nothing_can_be_written_the_process_still_knows(tmp_path):
    (tmp_path / "file").write_text("")
    known = Remembered(tmp_path / "file" / "echo.json")
    known.keep("USB", 48_000, 40.0)
    assert known.delay_ms("USB", 48_000) == 40.0
