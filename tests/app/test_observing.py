"""What an observer makes of what happens."""

import pytest

from edge_agent.app.absences import Absences
from edge_agent.app.happenings import (
    AttentionChanged,
    DeviceChanged,
    Noted,
    NothingSaid,
    ToolCalled,
    TurnEnded,
    WordsLeft,
)
from edge_agent.app.observing import LOOKS, TURNS_KEPT, Observer
from edge_agent.app.timeline import Stage, Timeline
from edge_agent.base.events import DeviceLost, DeviceRestored, MicrophoneSilent, MicrophoneSounds
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.layers import load
from edge_agent.talk.mind.router import policy
from edge_agent.talk.mind.tools.tool import Failure, Risk

STAMPS = {Stage.SPEECH_END: RATE_HZ, Stage.TRANSCRIPT: RATE_HZ + 1600, Stage.FIRST_SAMPLE: RATE_HZ + 3200}
TURN = Timeline(
    1, STAMPS, kind="cloud", reason="small talk (80 %): need 0.9", provider="sky", user="secret", heard="hush"
)


def observed(*happenings, **settings):
    observer = Observer(load(settings))
    for happening in happenings:
        observer.watch(happening)
    return observer


def counted(observer):
    lines = observer.metrics.page().decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_a_turn_is_in_the_journal_and_in_the_metrics_without_its_words():
    observer = observed(TurnEnded(TURN))
    (record,) = observer.journal(5)
    assert record["stages_ms"] == {"speech_end": 0.0, "transcript": 100.0, "first_sample": 200.0}
    assert "secret" not in str(record)
    found = counted(observer)
    assert found['turn_latency_seconds_sum{stage="total"}'] == pytest.approx(0.2)
    assert found['turns_total{kind="cloud"}'] == 1
    assert found['escalations_total{outcome="answered",reason="small talk"}'] == 1


def test_p25_no_word_of_a_conversation_is_in_metrics_status_or_journal():
    observer = observed(TurnEnded(TURN), WordsLeft("sky", {"phone": 1}), Noted("the stt engine failed", engine="stt"))
    told = observer.metrics.page().decode() + str(observer.status()) + str(observer.journal(9))
    assert "secret" not in told
    assert "hush" not in told


def test_what_was_said_is_in_the_journal_where_the_owner_wants_that():
    (record,) = observed(TurnEnded(TURN), **{"log.transcripts": "true"}).journal(1)
    assert (record["user"], record["heard"]) == ("secret", "hush")


def test_the_journal_keeps_the_last_and_no_more():
    observer = observed(*[TurnEnded(Timeline(number)) for number in range(TURNS_KEPT + 9)])
    assert [record["draft"] for record in observer.journal(2)] == [TURNS_KEPT + 7, TURNS_KEPT + 8]
    assert len(observer.journal(10**9)) == TURNS_KEPT
    assert observer.journal(0) == []


def test_labels_take_known_values_only():
    strange = Timeline(1, kind="what was said", reason="what was said", provider="sky")
    found = counted(observed(TurnEnded(strange)))
    assert found['turns_total{kind="other"}'] == found['escalations_total{outcome="answered",reason="other"}'] == 1
    assert set(LOOKS) == set(policy._LOOKS.values())


def test_a_microphone_that_is_gone_or_silent_is_closed_by_its_hardware():
    def state(*news):
        observer = observed(*[DeviceChanged("", one, Absences()) for one in news])
        return observer.status()["device"]

    lost, back = DeviceLost("mic"), DeviceRestored("mic", 48_000, 1.0)
    zeros, sounds = MicrophoneSilent("mic"), MicrophoneSounds("mic")
    assert state() == {"name": "", "present": True, "zeros": False}
    assert state(lost) == {"name": "", "present": False, "zeros": False}
    assert state(lost, back) == {"name": "", "present": True, "zeros": False}
    assert state(zeros) == {"name": "", "present": True, "zeros": True}
    assert state(zeros, sounds) == state(zeros, lost, back) == {"name": "", "present": True, "zeros": False}


def test_everything_else_that_happens_is_counted_once():
    found = counted(
        observed(
            NothingSaid(),
            WordsLeft("sky", {"phone": 2}),
            Noted("the tts engine failed", engine="tts"),
            Noted("nothing to count"),
            ToolCalled(Risk.READ, None),
            ToolCalled(Risk.IRREVERSIBLE, Failure.NOT_ALLOWED),
            AttentionChanged(awake=True, by="word"),
            AttentionChanged(awake=False, by=""),
            DeviceChanged("", DeviceLost("mic"), Absences()),
        )
    )
    assert found["empty_transcripts_total"] == 1
    assert found['redactions_total{kind="phone"}'] == 2
    assert found['worker_restarts_total{proc="tts"}'] == 1
    assert found['tool_calls_total{class="read",outcome="done"}'] == 1
    assert found['tool_calls_total{class="irreversible",outcome="not_allowed"}'] == 1
    assert found['wakes_total{by="word"}'] == 1
    assert found['audio_device_failures_total{kind="lost"}'] == 1
