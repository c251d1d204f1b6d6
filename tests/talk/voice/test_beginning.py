"""Where a reply may begin to sound: words that stay as they are, whatever follows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.voice.beginning import CHARS, PACE_CHARS_S, WORDS, Beginning, beginning
from edge_agent.talk.voice.phrases import Phrases
from edge_agent.talk.voice.spoken import spoken_words

WORD = st.sampled_from(
    "I'm I sorry the sky May Dr Dr. no No. music-loving kilometers half 20 3.5 km $2 % ** July 4, well, so, and U.S. "
    "über it’s a - — e.g. PM".split()
)
TEXT = st.lists(WORD, max_size=12).map(" ".join)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I'm sorry for a", "I'm sorry for"),
        ("I'm sorry for ", ""),
        ("The sky appears b", "The sky appears"),
        ("A black h", ""),
        ("A big hole is in", "A big hole is"),
        ("No, you can't d", "No, you can't"),
        ("I'm a music-loving A", "I'm a music-loving"),
        ("The moon is about 140", ""),
        ("The moon is about 140,000 kilometers away f", ""),
        ("Ask Dr. Smith about it to", ""),
        ("**Bees** collect much nectar f", ""),
        ("Of course, my friend, we c", "Of course, my"),
        ("That is it\nfor now", ""),
        (" Bees collect nectar f", " Bees collect nectar"),
    ],
)
def test_plain_words_may_be_said_when_the_next_has_begun(text, said):
    assert text[: beginning(text)] == said


@given(TEXT, TEXT)
def test_what_follows_never_changes_what_was_begun(text, more):
    end = beginning(text)
    assert beginning(text + more) == end or not end
    assert not end or (len(text[:end].split()) >= WORDS and end >= CHARS and text[end] == " ")


@given(TEXT, TEXT, st.sampled_from([" and so on.", ""]))
def test_it_ends_where_a_unit_of_speech_ends_whatever_follows(text, more, stand_in):
    if end := beginning(text):
        begun, whole = spoken_words(text + stand_in), spoken_words(text + more)
        count = len(text[:end].split())
        assert begun[:count] == whole[:count]
        assert "".join(written for written, _ in whole[:count]).rstrip() == text[:end]


@given(TEXT, TEXT)
def test_no_phrase_ends_within_it(text, more):
    if end := beginning(text):
        phrases = Phrases(CHARS)
        if not phrases.feed(text):
            assert len([*phrases.feed(more), *phrases.finish()][0]) > end


@given(st.lists(st.sampled_from(["I'm", " sorry", " for", " any", " loss", " my"]), min_size=1, max_size=12))
def test_a_model_that_writes_fast_enough_is_not_waited_for(pieces):
    quick, slow = Beginning(), Beginning()
    said = written = 0
    for piece in pieces:
        written += len(piece)
        said = said or quick.feed(piece, 0.9 * (written - len(pieces[0])) / PACE_CHARS_S)
        assert not slow.feed(piece, 1.1 * written / PACE_CHARS_S + (written > len(pieces[0])))
    assert said == (beginning("".join(pieces)) if len(pieces) > 1 else 0)


def test_of_a_reply_that_comes_in_one_piece_nothing_is_begun():
    assert Beginning().feed("I'm sorry for your loss. I'll", 1.0) == 0
