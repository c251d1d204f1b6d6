"""When a voice begins and when it pauses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import ModelError
from edge_agent.base.events import VoiceStarted, VoiceStopped
from edge_agent.base.frames import CHUNK, RATE_HZ
from edge_agent.base.settings import EarSettings
from edge_agent.talk.ear.gate import ALONE, Sureness
from edge_agent.talk.ear.vad import CONTEXT, Onset, Silero

SETTINGS = EarSettings(onset_ms=64, offset_ms=96)


def edges(probabilities, settings=SETTINGS, guard=None):
    onset = Onset(settings)
    heard = (onset.feed(at * CHUNK, one, guard) for at, one in enumerate(probabilities))
    return [edge for edge in heard if edge is not None]


def test_a_voice_begins_with_its_first_chunk_and_ends_with_its_last():
    assert edges([0, 0.9, 0.9, 0.9, 0, 0, 0]) == [VoiceStarted(CHUNK), VoiceStopped(4 * CHUNK, 0.096)]


def test_a_click_is_no_voice():
    assert edges([0, 0.9, 0, 0.9, 0, 0.9, 0]) == []


def test_a_short_dip_does_not_end_it():
    assert edges([0.9, 0.9, 0, 0, 0.9, 0, 0]) == [VoiceStarted(0)]


def test_between_the_thresholds_a_voice_goes_on_but_none_begins():
    assert edges([0.4] * 9) == []
    assert edges([0.9, 0.9] + [0.4] * 9) == [VoiceStarted(0)]


def test_over_the_agents_own_voice_only_a_sure_voice_begins():
    assert edges([0.7] * 9, guard=ALONE) == []
    assert edges([ALONE.on] * 9, guard=ALONE) == [VoiceStarted(0)]


def test_over_the_agents_own_voice_an_unsure_one_ends():
    assert edges([0.97, 0.97] + [0.6] * 9, guard=ALONE) == [VoiceStarted(0)]
    assert len(edges([0.97, 0.97] + [0.4] * 3, guard=ALONE)) == 2


def test_over_the_agents_own_voice_a_chunk_that_is_surest_counts_for_two():
    guard = Sureness(on=0.6, off=0.1, twice=0.9)
    assert edges([0, 0.95], guard=guard) == [VoiceStarted(CHUNK)]
    assert edges([0.8, 0.95], guard=guard) == [VoiceStarted(0)]
    assert edges([0, 0.85], guard=guard) == []
    assert edges([0, 0.95], EarSettings(onset_ms=96), guard=guard) == []


@given(
    st.lists(st.floats(0, 1), max_size=300), st.integers(32, 300), st.integers(32, 300), st.sampled_from([None, ALONE])
)
def test_edges_alternate_in_order_and_last_as_long_as_was_asked(probabilities, onset_ms, offset_ms, guard):
    settings = EarSettings(onset_ms=onset_ms, offset_ms=offset_ms)
    found = edges(probabilities, settings, guard)
    assert [type(edge) for edge in found] == [VoiceStarted, VoiceStopped] * (len(found) // 2) + [VoiceStarted] * (
        len(found) % 2
    )
    positions = [edge.position for edge in found]
    assert positions == sorted(positions)
    for began, ended in zip(found[::2], found[1::2], strict=False):
        assert ended.position - began.position >= onset_ms * RATE_HZ / 1000
        assert ended.silence_s >= offset_ms / 1000
        assert ended.silence_s < offset_ms / 1000 + CHUNK / RATE_HZ


@given(st.lists(st.floats(0, 1), max_size=100), st.lists(st.floats(0, 1), max_size=100))
def test_a_reset_leaves_no_trace(before, after):
    onset = Onset(SETTINGS)
    for at, one in enumerate(before):
        onset.feed(at * CHUNK, one)
    onset.reset()
    told = [onset.feed(at * CHUNK, one) for at, one in enumerate(after)]
    assert [edge for edge in told if edge is not None] == edges(after)


def judged(silero, samples):
    whole = samples[: samples.size - samples.size % CHUNK].astype(np.float32).reshape(-1, CHUNK)
    return np.array([silero.probability(chunk) for chunk in whole])


@pytest.mark.models
def test_silence_and_noise_are_no_voices(silero_path):
    silero = Silero(silero_path)
    assert judged(silero, np.zeros(2 * RATE_HZ)).max() < 0.2
    assert judged(silero, np.random.default_rng(1).standard_normal(3 * RATE_HZ) * 0.05).max() < 0.5


@pytest.mark.models
def test_a_voice_is_one_and_the_silence_after_it_is_not(silero_path, speak):
    silero = Silero(silero_path)
    spoken = speak("What time does the last train leave for the city?")
    voiced = judged(silero, spoken)
    assert np.mean(voiced > 0.5) > 0.6
    assert judged(silero, np.zeros(RATE_HZ))[-8:].max() < 0.35


@pytest.mark.models
def test_each_chunk_is_heard_with_the_end_of_the_one_before(silero_path, speak):
    import onnxruntime

    spoken = speak("Good morning, how are you?")[: 20 * CHUNK]
    model = onnxruntime.InferenceSession(str(silero_path), providers=["CPUExecutionProvider"])
    state, wanted = np.zeros((2, 1, 128), np.float32), []
    padded = np.concatenate((np.zeros(64, np.float32), spoken))
    for at in range(0, spoken.size, CHUNK):
        fed = {"input": padded[None, at : at + 64 + CHUNK], "state": state, "sr": np.array(RATE_HZ, np.int64)}
        probability, state = model.run(None, fed)
        wanted.append(probability[0, 0])
    silero = Silero(silero_path)
    assert judged(silero, spoken) == pytest.approx(wanted, abs=1e-4)
    silero.reset()
    assert judged(silero, spoken) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.models
def test_a_look_between_two_chunks_is_forgotten_and_tells_what_the_chunk_would(silero_path, speak):
    spoken = speak("Good morning, how are you?")[: 20 * CHUNK]
    plain = judged(Silero(silero_path), spoken)
    silero, peeked, told = Silero(silero_path), [], []
    for at in range(CHUNK, spoken.size, CHUNK):
        told.append(silero.probability(spoken[at - CHUNK : at]))
        peeked.append(silero.peek(spoken[at - CONTEXT : at + CHUNK].astype(np.float32)))
    assert told == pytest.approx(plain[:-1], abs=1e-4)
    assert peeked == pytest.approx(plain[1:], abs=1e-4)


def test_a_file_that_is_no_model_is_named(tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"broken\.onnx"):
        Silero(broken)
