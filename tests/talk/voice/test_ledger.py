import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.frames import Speech, Word
from edge_agent.talk.voice.ledger import Entry, clause_start, entries, heard


def speech(text: str, *words: Word, length: int = 1000) -> Speech:
    return Speech(text, np.zeros(length, np.float32), 22050, words)


HELLO = speech('"Hello", my friend!', Word("Hello", 100, 300), Word("my", 300, 400), Word("friend", 500, 900))


@pytest.mark.parametrize(
    ("played", "words"),
    [
        (0, ""),
        (199, ""),
        (200, '"Hello'),
        (349, '"Hello'),
        (350, '"Hello", my'),
        (699, '"Hello", my'),
        (700, HELLO.text),
    ],
)
def test_a_word_was_heard_when_half_of_it_was_played(played, words):
    assert heard(entries(HELLO, 0, 1000), played) == words


def test_the_book_is_kept_in_samples_of_the_device():
    assert [entry.played for entry in entries(HELLO, 50, 2000)] == [50 + 400, 50 + 700, 50 + 1400]


def test_phrases_follow_each_other_with_one_space():
    book = [
        *entries(speech("One,", Word("One", 0, 10)), 0, 1000),
        *entries(speech("two.", Word("two", 0, 10)), 1000, 1000),
    ]
    assert heard(book, 2000) == "One, two."


def test_a_word_written_twice_is_counted_twice():
    twice = speech("no, no", Word("no", 0, 100), Word("no", 200, 300))
    assert heard(entries(twice, 0, 1000), 60) == "no"
    assert heard(entries(twice, 0, 1000), 260) == "no, no"


def test_what_the_voice_calls_a_word_and_the_text_does_not_have_is_passed_over():
    odd = speech("Yes, sure.", Word("Yes", 0, 100), Word("uh", 100, 300), Word(" ", 300, 400), Word("sure", 400, 500))
    assert [entry.text for entry in entries(odd, 0, 1000)] == ["Yes", ", sure. "]


def test_a_voice_that_does_not_tell_its_words_is_taken_to_speak_evenly():
    plain = speech("aaaa bb cccc", length=1000)
    assert [heard(entries(plain, 0, 1000), played) for played in (190, 210, 510, 810)] == [
        "",
        "aaaa",
        "aaaa bb",
        "aaaa bb cccc",
    ]


def test_nothing_was_said():
    assert entries(speech("", length=0), 0, 0) == []
    assert heard([], 100) == ""


@given(
    st.lists(st.tuples(st.sampled_from(["a", "be", "sea,", "d-e."]), st.integers(1, 50)), min_size=1, max_size=20),
    st.integers(0, 1200),
)
def test_what_was_heard_is_a_beginning_and_off_by_at_most_one_word(words, played):
    at, spoken = 0, []
    for text, length in words:
        spoken.append(Word(text, at, at + length))
        at += length
    text = " ".join(word.text for word in spoken)
    told = heard(entries(speech(text, *spoken, length=at), 0, at), played)
    begun = sum(word.start < played for word in spoken)
    ended = sum(word.end <= played for word in spoken)
    assert text.startswith(told)
    assert ended <= len(told.split()) <= begun


CLAUSES = speech(
    'Well, the "sea," she said: blue.',
    *(Word(text, 100 * n, 100 * n + 90) for n, text in enumerate(["Well,", "the", '"sea,"', "she", "said:", "blue."])),
)


@pytest.mark.parametrize(
    ("played", "start"), [(0, 0), (99, 0), (100, 100), (290, 100), (310, 300), (490, 300), (560, 500), (990, 500)]
)
def test_a_clause_that_was_cut_begins_where_the_one_before_it_ended(played, start):
    assert clause_start(entries(CLAUSES, 0, 1000), played, reach=1000) == start


def test_a_clause_that_began_too_long_ago_begins_at_the_first_word_within_reach():
    plain = speech("a b c d e", *(Word(text, 100 * n, 100 * n + 90) for n, text in enumerate("abcde")))
    assert clause_start(entries(plain, 0, 1000), 450, reach=260) == 200
    assert clause_start(entries(plain, 0, 1000), 450, reach=20) == 450


def test_a_clause_is_found_in_samples_of_the_device():
    assert clause_start(entries(CLAUSES, 50, 2000), 50 + 1100, reach=2000) == 50 + 1000


def test_an_entry_is_heard_exactly_when_it_is_due():
    assert heard([Entry(10, "now", 0, opens=True)], 9) == ""
    assert heard([Entry(10, "now", 0, opens=True)], 10) == "now"
