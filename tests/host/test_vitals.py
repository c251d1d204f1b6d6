"""When the watchdog is fed, and what the status says."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.host.vitals import BACK_OFF_S, EAR_LATE_S, Vitals, complaint, status

START_S = 60.0
PATIENCE_S = 2 * (START_S + BACK_OFF_S)

seconds = st.floats(0, 1e6)
engines = st.dictionaries(st.sampled_from(["stt", "llm", "tts"]), seconds)


def told(seen, state="listening", **more):
    return status(seen, state, START_S, **{"muted": False, "unlit": False, "device_away": False} | more)


@given(seconds, engines)
def test_it_is_alive_exactly_while_the_ear_goes_round_and_no_engine_is_away_for_good(ear_s, away_s):
    alive = ear_s <= EAR_LATE_S and all(away <= PATIENCE_S for away in away_s.values())
    assert (complaint(Vitals(ear_s, away_s), START_S) == "") is alive


@given(seconds, engines, seconds)
def test_what_is_dead_does_not_come_alive_by_getting_worse(ear_s, away_s, more):
    if complaint(Vitals(ear_s, away_s), START_S):
        worse = Vitals(ear_s + more, {name: away + more for name, away in away_s.items()})
        assert complaint(worse, START_S)


def test_an_engine_that_is_being_restarted_is_in_the_status_and_no_matter_for_the_watchdog():
    seen = Vitals(0.1, {"llm": 5.0})
    assert complaint(seen, START_S) == ""
    assert told(seen) == "listening; the llm engine is being restarted"


def test_the_status_says_the_worst_first():
    well = Vitals(0.0, {})
    assert told(well, "speaking") == "speaking"
    assert told(well, muted=True) == "muted"
    assert told(well, unlit=True) == "deaf: no lamp shows that the microphone is open"
    assert told(well, unlit=True, device_away=True) == "the audio device is gone; it is looked for"
    assert told(well, muted=True, device_away=True) == "the audio device is gone; it is looked for"
    assert told(Vitals(12.0, {}), device_away=True) == "ailing: the ear has stood still for 12 s"
    assert told(Vitals(0.0, {"tts": 999.0, "stt": 999.0})) == "ailing: no stt and no tts engine for 240 s"
