"""What is believed of what Whisper says. The figures are what it said of people and of noises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.invented import Invented, why_invented


def judge(text, *, sure=-0.3, silence=0.05, seconds=2.0, looped=False):
    return why_invented(text, looped=looped, avg_logprob=sure, no_speech_prob=silence, seconds=seconds)


@pytest.mark.parametrize(
    ("text", "sure", "silence", "seconds"),
    [
        ("How old is the Brooklyn Bridge?", -0.12, 0.01, 1.8),
        ("stop", -0.45, 0.37, 0.7),
        ("Record.", -0.83, 0.47, 1.0),
        ("record", -2.61, 0.37, 1.0),
        ("Cat", -2.41, 0.07, 0.8),
        ("Computer", -1.66, 0.55, 2.3),
        ("No.", -0.6, 0.1, 0.6),
        ("Yes.", -0.5, 0.3, 0.5),
        ("Will you glance", -1.20, 0.48, 2.7),
        ("Brua Dark Rose Coffee", -0.93, 0.04, 2.1),
        ("Thank you.", -0.2, 0.05, 0.8),
        ("Hello there, how are you?", -0.3, 0.1, 1.0),
        ("Half an hour.", -0.34, 0.04, 1.0),
    ],
)
def test_people_are_believed(text, sure, silence, seconds):
    assert judge(text, sure=sure, silence=silence, seconds=seconds) is None


@pytest.mark.parametrize(
    ("text", "sure", "silence"),
    [
        ("I'm not going to be able to do it.", -1.87, 0.76),
        ("I'm going to get the car.", -2.09, 0.38),
        ("Thank you.", -1.23, 0.65),
        ("Thank you.", -0.94, 0.39),
        ("You", -5.2, 0.91),
        ("The", -6.7, 0.24),
        ("Oh!", -1.97, 0.15),
        ("I'm so sorry.", -2.01, 0.77),
        ("The end.", -2.55, 0.44),
        ("What?", -2.65, 0.40),
    ],
)
def test_subtitles_of_noises_are_not(text, sure, silence):
    assert judge(text, sure=sure, silence=silence) is Invented.DOUBTED


@pytest.mark.parametrize(
    "text",
    ["", "...", ". . .", "Aaaaaaah", "WOOOOOOOO!", "Ha ha ha!", "AHAHAHAHA", "Mmm.", "Hmmm...", "♪ ♪"],
)
def test_screams_laughter_and_dots_are_no_words_however_sure_whisper_is(text):
    assert judge(text, sure=-0.01, silence=0.0) is Invented.WORDLESS


@pytest.mark.parametrize(
    "text", ["hello", "bee", "see", "who", "how", "Hannah", "he", "ask her", "all", "oh no", "a", "mm-hmm", "uh-huh"]
)
def test_real_words_are_not_taken_for_laughter(text):
    assert judge(text) is None


def test_nobody_says_nine_words_in_a_second():
    assert judge("I am not going to be able to do", seconds=0.9) is Invented.RUSHED
    assert judge("I am not going to be able to do", seconds=2.0) is None


def test_one_word_always_had_the_time_to_be_said():
    assert judge("Stop.", seconds=0.05) is None


def test_a_loop_over_noise_is_not_believed_though_whisper_grows_sure_of_loops():
    assert judge("I'm gonna go!", sure=-0.6, silence=0.43, looped=True) is Invented.DOUBTED
    assert judge("I'm gonna go!", sure=-0.6, silence=0.43) is None


def test_a_word_that_was_spoken_and_then_looped_is_kept():
    assert judge("Computer", sure=-0.25, silence=0.29, looped=True) is None


@given(
    st.sampled_from(["stop", "set a timer", "thank you", "the"]),
    st.floats(-4, 0),
    st.floats(0, 1),
    st.floats(0, 1),
    st.booleans(),
)
def test_less_certainty_never_makes_words_more_believable(text, sure, silence, step, looped):
    def believed(sure, silence, looped):
        return judge(text, sure=sure, silence=silence, looped=looped) is None

    assert believed(sure, silence, looped) >= believed(sure - step, silence, looped)
    assert believed(sure, silence, looped) >= believed(sure, silence + step, looped)
    assert believed(sure, silence, False) >= believed(sure, silence, looped)
