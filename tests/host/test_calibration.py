"""What a calibration measures is what the room is, and what it says about it is what to do."""

from dataclasses import replace

import numpy as np
import pytest

from edge_agent.base.frames import dbfs
from edge_agent.base.settings import Canceller
from edge_agent.host.advice import advice
from edge_agent.host.calibration import LEAD_MS, LISTEN_S, SCORE_S, Calibration, babble, examine, score, take
from edge_agent.host.check import Verdict
from edge_agent.talk.ear.rings import Exchange
from edge_agent.talk.ear.room import Room, RoomAcoustics


def calibrated(rate_hz=48_000, **acoustics):
    room, exchange = Room(RoomAcoustics(**acoustics), rate_hz, real_time=False), Exchange(rate_hz, LEAD_MS)
    room.open(exchange)

    def read():
        room.advance()
        return exchange.read(0)

    return examine(take(exchange, read), room.name, rate_hz)


def test_it_is_over_in_five_seconds_and_startles_nobody():
    played = score(48_000)
    assert LISTEN_S + SCORE_S < 5
    assert played.size == round(SCORE_S * 48_000)
    assert np.abs(played).max() < 0.5
    assert dbfs(babble(48_000)) == pytest.approx(-24, abs=0.1)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("delay_ms", [10, 43, 250])
@pytest.mark.parametrize("reverb_ms", [0, 800])
def test_the_delay_is_that_of_the_room(rate_hz, delay_ms, reverb_ms):
    assert calibrated(rate_hz, delay_ms=delay_ms, reverb_ms=reverb_ms).delay_ms == pytest.approx(delay_ms, abs=0.1)


@pytest.mark.parametrize("echo_db", [-45, -20, 0])
def test_the_levels_are_those_of_the_room(echo_db):
    found = calibrated(echo_db=echo_db, noise_dbfs=-65)
    assert found.echo_db == pytest.approx(echo_db, abs=1)
    assert found.noise_dbfs == pytest.approx(-65, abs=0.5)
    assert not found.clipped


@pytest.mark.parametrize("drift_ppm", [-100, 0, 30, 100])
def test_the_drift_is_that_of_the_clocks(drift_ppm):
    assert calibrated(drift_ppm=drift_ppm).drift_ppm == pytest.approx(drift_ppm, abs=2)


def test_a_loudspeaker_that_distorts_more_is_said_to():
    assert calibrated(distortion=0).distortion_pct is None
    little, much = (calibrated(distortion=drive).distortion_pct for drive in (3, 8))
    assert 0.5 < little < 3
    assert 4 < much < 20


def test_no_echo_is_told_from_a_soft_one():
    found = calibrated(echo_db=-90, noise_dbfs=-60)
    assert found.delay_ms is found.echo_db is found.drift_ppm is None
    assert found.erle_db == {}
    assert calibrated(echo_db=-40, noise_dbfs=-60).delay_ms is not None


def test_each_canceller_is_judged_by_itself():
    found = calibrated(echo_db=-10)
    assert list(found.erle_db) == ["kalman", "aec3", "speex"]
    assert found.erle_db["kalman"] > 15
    assert found.erle_db["aec3"] > 15
    assert found.left_dbfs["aec3"] < -55


FINE = Calibration(
    "Mic", 48_000, 40.0, 1.0, -60.0, -20.0, clipped=False, starved=False, delay_ms=45.0, echo_db=-20.0, drift_ppm=20.0,
    distortion_pct=0.5, erle_db={"kalman": 25.0, "aec3": 30.0}, left_dbfs={"kalman": -62.0, "aec3": -66.0},
)  # fmt: skip
SILENT = replace(FINE, delay_ms=None, echo_db=None, drift_ppm=None, distortion_pct=None, erle_db={}, left_dbfs={})


def verdicts(found, chosen=Canceller.AUTO):
    return {check.id: check for check in advice(found, chosen)}


def test_where_all_is_well_nothing_is_advised():
    checks = verdicts(FINE)
    assert list(checks) == ["audio.in", "audio.out", "audio.clocks", "audio.echo", "audio.canceller"]
    assert {check.verdict for check in checks.values()} == {Verdict.OK}
    assert not any(check.fix for check in checks.values())


@pytest.mark.parametrize(
    ("seen", "id", "verdict", "to_do"),
    [
        ({"speed": 0.9}, "audio.in", Verdict.FAILED, "audio.rate_hz"),
        ({"clipped": True}, "audio.in", Verdict.WARNED, "gain"),
        ({"starved": True}, "audio.out", Verdict.WARNED, "again"),
        ({"drift_ppm": 900.0}, "audio.clocks", Verdict.WARNED, "audio.rate_hz"),
        ({"echo_db": 8.0}, "audio.echo", Verdict.WARNED, "loudspeaker down"),
        ({"distortion_pct": 12.0}, "audio.echo", Verdict.WARNED, "loudspeaker down"),
        (
            {"erle_db": {"kalman": 3.0, "aec3": 6.0}, "left_dbfs": {"kalman": -40.0, "aec3": -43.0}},
            "audio.canceller", Verdict.WARNED, "away from the microphone",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_remedy(seen, id, verdict, to_do):
    check = verdicts(replace(FINE, **seen))[id]
    assert check.verdict is verdict
    assert to_do in check.fix


def test_a_muted_microphone_is_no_pair_of_headphones():
    assert verdicts(replace(SILENT, noise_dbfs=-120.0, peak_dbfs=-120.0))["audio.in"].verdict is Verdict.FAILED
    assert verdicts(SILENT)["audio.in"].verdict is Verdict.OK


def test_with_headphones_the_canceller_may_be_off_and_with_an_echo_it_may_not():
    assert "ear.canceller" in verdicts(SILENT)["audio.echo"].fix
    assert "ear.canceller" not in verdicts(SILENT, Canceller.OFF)["audio.echo"].fix
    assert verdicts(FINE, Canceller.OFF)["audio.canceller"].verdict is Verdict.WARNED


def test_an_echo_below_the_noise_need_not_be_removed():
    soft = replace(FINE, erle_db={"kalman": 1.0, "aec3": 1.0}, left_dbfs={"kalman": -58.0, "aec3": -58.0})
    assert verdicts(soft)["audio.canceller"].verdict is Verdict.OK
