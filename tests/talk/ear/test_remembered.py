"""The delay of a device's echo outlives the process, and is never more than a hint."""

import pytest

from edge_agent.talk.ear.remembered import DEVICES_MAX, Known, Remembered


def test_what_was_kept_is_known_again_for_that_device_at_that_rate(tmp_path):
    path = tmp_path / "state" / "echo.json"
    Remembered(path).keep("USB", 48_000, Known(43.21, -12.34))
    again = Remembered(path)
    assert again.known("USB", 48_000) == Known(43.2, -12.3)
    assert again.known("USB", 16_000) == Known()
    assert again.known("Headset", 48_000) == Known()


def test_those_that_were_used_last_are_kept(tmp_path):
    known = Remembered(tmp_path / "echo.json")
    for number in range(DEVICES_MAX + 1):
        known.keep(f"number {number}", 48_000, Known(40.0))
        known.keep("number 0", 48_000, Known(41.0))
    assert Remembered(tmp_path / "echo.json").known("number 0", 48_000) == Known(41.0)
    assert Remembered(tmp_path / "echo.json").known("number 1", 48_000) == Known()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b'{"USB at 48000 Hz": 43.2}',
        b'{"USB at 48000 Hz": {"delay_ms": "x"}}',
        b"\xff",
        b"[" * 100_000,
        b'{"USB at 48000 Hz": {"delay_ms": NaN, "drift_ppm": Infinity}}',
        b'{"USB at 48000 Hz": {"delay_ms": -9, "drift_ppm": 1e9}}',
    ],
)
def test_a_damaged_file_is_nothing_known(tmp_path, content):
    (tmp_path / "echo.json").write_bytes(content)
    assert Remembered(tmp_path / "echo.json").known("USB", 48_000) == Known()


def test_where_nothing_can_be_written_the_process_still_knows(tmp_path):
    (tmp_path / "file").write_text("")
    known = Remembered(tmp_path / "file" / "echo.json")
    known.keep("USB", 48_000, Known(40.0))
    assert known.known("USB", 48_000) == Known(40.0)
