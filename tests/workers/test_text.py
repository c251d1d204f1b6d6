import itertools

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.workers.text import Sentences, Text

LETTERS = st.text(alphabet="ab\nU", max_size=20)
STOPS = st.lists(st.text(alphabet="ab\nU", min_size=1, max_size=4), max_size=3)


def pieces(data, cuts):
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def say(data, cuts=(), stops=()):
    text, said = Text(stops), []
    for piece in pieces(data, cuts):
        said.append(text.add(piece))
        if text.stopped:
            return said
    return [*said, text.rest()]


@given(st.text(), st.lists(st.integers(0, 200), max_size=6))
def test_characters_come_out_whole_however_the_tokens_cut_them(written, cuts):
    said = say(written.encode(), cuts)
    assert "".join(said) == written
    assert "\ufffd" not in "".join(said) or "\ufffd" in written


@given(LETTERS, STOPS, st.lists(st.integers(0, 20), max_size=6))
def test_what_is_said_ends_before_the_first_stop_string_wherever_it_is_cut(written, stops, cuts):
    ends = [written.find(stop) for stop in stops if stop in written]
    said = "".join(say(written.encode(), cuts, stops))
    # Cut into pieces, a shorter stop string that ends sooner may win over one that begins sooner.
    assert written.startswith(said)
    assert not any(stop in said for stop in stops)
    if not ends:
        assert said == written
    elif len(stops) == 1:
        assert said == written[: ends[0]]


def test_only_what_may_become_a_stop_string_is_held_back():
    text = Text(("\nUser:",))
    assert text.add(b"Hello.\nUs") == "Hello."
    assert text.add(b"ually not.") == "\nUsually not."
    assert not text.stopped
    assert text.add(b"\nUser: and") == ""
    assert text.stopped


def test_half_a_character_at_the_end_is_not_said():
    assert "".join(say("50 €".encode()[:-1])) == "50 "


def reply(written, limit):
    """Say a reply of one-letter tokens that may have so many."""
    sentences, said = Sentences(), []
    for number, letter in enumerate(written[:limit], 1):
        said.append(sentences.add(letter, late=2 * number > limit))
    return "".join([*said, sentences.rest(cut_off=len(written) >= limit)])


@given(st.text(alphabet="ab. \n", max_size=40), st.integers(1, 50))
def test_a_reply_within_its_limit_is_said_whole_and_one_beyond_it_as_far_as_it_goes(written, limit):
    said = reply(written, limit)
    assert written[:limit].startswith(said)
    if len(written) < limit:
        assert said == written


def test_what_the_limit_cuts_off_is_not_said():
    written = "It was a promotion. I will decide soon. I"
    assert reply(written, len(written)) == "It was a promotion. I will decide soon."
    assert reply("It is 3.5 metres. That is 3.", 28) == "It is 3.5 metres. That is 3."
    assert reply("It is so. (Or so it seems.) Is it", 33) == "It is so. (Or so it seems.)"


def test_a_sentence_that_has_the_whole_limit_is_said_as_far_as_it_came():
    assert reply("There once was a king who had", 20) == "There once was a kin"


def test_the_first_half_is_said_as_it_comes():
    sentences = Sentences()
    assert [sentences.add(piece, late=False) for piece in ("Yes.", " It", " is")] == ["Yes.", " It", " is"]
    assert [sentences.add(piece, late=True) for piece in (" so", ".", " And", " then", ".", " I")] == [
        " so",
        ".",
        "",
        "",
        "",
        " And then.",
    ]
    assert sentences.rest(cut_off=True) == ""
