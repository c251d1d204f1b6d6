"""The wake word's real models, on a voice that says it and on one that does not."""

import numpy as np
import pytest

from edge_agent.base.errors import ModelError
from edge_agent.base.frames import CHUNK, RATE_HZ
from edge_agent.talk.ear.wakeword import WakeWord
from tests.sim.engines import model_folder

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def nabu():
    return WakeWord(model_folder("okay_nabu") / "okay_nabu.tflite", 0.5)


def spotted_s(word, *sounds):
    """When it was recognised in these sounds one after another, s."""
    whole = np.concatenate([np.zeros(RATE_HZ, np.float32), *sounds, np.zeros(RATE_HZ, np.float32)])
    starts = range(0, whole.size - CHUNK + 1, CHUNK)
    return [(start + CHUNK) / RATE_HZ for start in starts if word.feed(whole[start : start + CHUNK])]


def test_it_is_recognised_while_or_right_after_it_is_said(nabu, speak):
    nabu.reset()
    said = speak("okay nabu")
    found = spotted_s(nabu, said)
    assert 1.0 < found[0] < 1.0 + said.size / RATE_HZ + 0.3


@pytest.mark.parametrize("text", ["okay, no", "what time is it", "the garden is hardly far", "hey jarvis", "alexa"])
def test_other_words_are_not_it(nabu, speak, text):
    nabu.reset()
    assert spotted_s(nabu, speak(text)) == []


def test_after_a_reset_the_word_from_before_is_forgotten(nabu, speak):
    nabu.reset()
    assert spotted_s(nabu, speak("okay nabu"))
    nabu.reset()
    assert spotted_s(nabu) == []


def test_a_word_without_its_features_is_told(tmp_path):
    (tmp_path / "word.tflite").touch()
    with pytest.raises(ModelError, match=r"melspectrogram.tflite is missing"):
        WakeWord(tmp_path / "word.tflite", 0.5)
