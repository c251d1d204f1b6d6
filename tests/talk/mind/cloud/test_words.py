"""The words of a cloud's answer: as they come, and whole sentences where its limit cuts it off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.cloud.failures import Failure, ProviderError
from edge_agent.talk.mind.cloud.words import AHEAD, LETTERS_PER_TOKEN, Words

LONG = "It is one of many. " * 30


def said(pieces, finish_reason="stop", tokens_max=160):
    words = Words("moon", tokens_max)
    return [*(words.add(piece) for piece in pieces), words.rest(finish_reason)]


def tokens(text):
    return [word + " " for word in text.split()]


@given(st.lists(st.text(alphabet="ab. \n", min_size=1, max_size=12), max_size=60), st.integers(8, 200))
def test_of_an_answer_that_is_whole_no_letter_is_lost(pieces, tokens_max):
    assert "".join(said(pieces, tokens_max=tokens_max)) == "".join(pieces)


@given(st.lists(st.text(alphabet="ab. \n", min_size=1, max_size=12), max_size=60), st.integers(8, 200))
def test_of_one_that_was_cut_off_what_is_said_is_how_it_begins(pieces, tokens_max):
    assert "".join(pieces).startswith("".join(said(pieces, "length", tokens_max)))


@pytest.mark.parametrize("why", ["length", "content_filter"])
def test_half_a_sentence_at_its_end_is_not_said(why):
    pieces = tokens(LONG + "And then it")
    assert "".join(said(pieces, why)).strip() == LONG.strip()
    assert "".join(said(pieces)).split() == (LONG + "And then it").split()


def test_a_provider_with_a_limit_of_its_own_is_no_different():
    assert "".join(said(tokens(LONG + "And"), "length", tokens_max=4000)).strip() == LONG.strip()


def test_a_sentence_that_has_the_whole_answer_is_said_as_far_as_it_came():
    pieces = tokens("once there was a king who " * 20)
    assert "".join(said(pieces, "length")) == "".join(pieces)


def test_nothing_is_held_back_before_the_voice_is_far_behind():
    pieces = tokens(LONG)[:AHEAD]
    assert said(pieces)[: AHEAD // 2] == pieces[: AHEAD // 2]


@pytest.mark.parametrize("garbage", [["one", "two"], {"text": "x"}, 7, "x" * (LETTERS_PER_TOKEN * 8 + 1)])
def test_what_is_no_text_or_does_not_end_is_garbage(garbage):
    with pytest.raises(ProviderError) as error:
        said([garbage], tokens_max=8)
    assert error.value.failure is Failure.GARBAGE
