"""The Piper engine: what it says, where each word lies in it, and that it notices when it says garbage."""

import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import EngineError, ModelError
from edge_agent.workers.onnx_graph import Graph
from edge_agent.workers.pieces import Piece
from edge_agent.workers.piper import PiperEngine
from edge_agent.workers.wordtimes import owners
from tests.sim.engines import model_folder

RATE_HZ = 22_050


@pytest.fixture(scope="module")
def joe():
    return PiperEngine(model_folder("piper-joe"), threads=2)


def altered(tmp_path, result, *changes):
    """The folder of the same voice, with other bytes in the node that makes `result`."""
    folder = tmp_path / "joe"
    shutil.copytree(model_folder("piper-joe"), folder)
    (path,) = folder.glob("*.onnx")
    model = path.read_bytes()
    node = bytes(Graph(model).maker(result).written)
    other = node
    for old, new in changes:
        assert old in other
        other = other.replace(old, new)
    path.write_bytes(model.replace(node, other))
    return folder


@pytest.fixture
def whole_joe(tmp_path):
    """A voice of another shape with the same sound: where joe multiplies by one, it takes the first power."""
    return PiperEngine(altered(tmp_path, "/Mul_7_output_0", (b"\x03Mul", b"\x03Pow")), threads=2)


def pieces_of(engine, *units, speed=1.0):
    return list(engine.speak(units, speed, lively=False))


def speak(engine, *units, speed=1.0):
    """The sentences of a phrase, each with its pieces joined."""
    sentences = []
    for piece in pieces_of(engine, *units, speed=speed):
        if sentences and sentences[-1].continues:
            before = sentences[-1]
            moved = tuple(
                (unit, start + before.samples.size, end + before.samples.size) for unit, start, end in piece.units
            )
            joined = np.concatenate([before.samples, piece.samples])
            sentences[-1] = Piece(joined, before.units + moved, piece.continues)
        else:
            sentences.append(piece)
    return sentences


def loudness(samples):
    return float(np.sqrt(np.mean(np.square(samples)))) if samples.size else 0.0


@pytest.mark.models
def test_the_voice_proves_itself(joe):
    joe.prove()


@pytest.mark.models
@pytest.mark.parametrize(
    ("layer", "count"),
    [("dec.ups.0.weight", 500_000), ("dec.ups.1.weight", 120_000), ("dec.ups.2.weight", 16_000)],
)
def test_a_damaged_voice_that_still_loads_is_found_out(tmp_path, layer, count):
    folder = tmp_path / "joe"
    shutil.copytree(model_folder("piper-joe"), folder)
    (path,) = folder.glob("*.onnx")
    weights = bytearray(path.read_bytes())
    # The values of a layer stand behind the last mention of its name. Shuffled they are as large as they were.
    damaged = np.frombuffer(weights, np.float32, count=count, offset=weights.rfind(layer.encode()) + 64)
    np.random.default_rng(1).shuffle(damaged)
    path.write_bytes(weights)
    with pytest.raises(EngineError, match="came out as"):
        PiperEngine(folder, threads=2).prove()


@pytest.mark.models
def test_a_truncated_or_missing_voice_is_named(tmp_path):
    folder = tmp_path / "joe"
    shutil.copytree(model_folder("piper-joe"), folder)
    (path,) = folder.glob("*.onnx")
    path.write_bytes(path.read_bytes()[:1_000_000])
    with pytest.raises(ModelError, match="joe holds no Piper voice"):
        PiperEngine(folder, threads=1)
    with pytest.raises(ModelError, match="nowhere"):
        PiperEngine(tmp_path / "nowhere", threads=1)


@pytest.mark.models
def test_every_unit_has_its_samples_in_order_and_none_overlap(joe):
    (sentence,) = speak(joe, "It", "is", "three thirty", "and", "one", "of", "the", "best,", "I", "am", "sure.")
    assert [unit for unit, _, _ in sentence.units] == list(range(11))
    edges = [edge for _, start, end in sentence.units for edge in (start, end)]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= sentence.samples.size
    lengths = {unit: end - start for unit, start, end in sentence.units}
    assert lengths[2] == max(lengths.values())
    assert min(lengths.values()) > 0.03 * RATE_HZ


@pytest.mark.models
def test_the_pause_at_a_comma_lies_between_the_words(joe):
    (sentence,) = speak(joe, "Sure,", "why", "not?")
    (_, _, sure_end), (_, why_start, _), _ = sentence.units
    pause = sentence.samples[sure_end:why_start]
    assert loudness(pause) < 0.2 * loudness(sentence.samples)
    assert pause.size > 0.05 * RATE_HZ


@pytest.mark.models
def test_the_sound_starts_within_thirty_milliseconds_and_ends_with_a_pause(joe):
    for words in (["Yes."], ["Hello"], ["well,"]):
        (sentence,) = speak(joe, *words)
        loud = np.flatnonzero(np.abs(sentence.samples) > 0.003)
        assert loud[0] <= 0.0301 * RATE_HZ
        assert sentence.samples.size - loud[-1] <= 0.2001 * RATE_HZ


LONG = "The moon is the only natural satellite of the Earth, and it has been there for about four billion years."


@pytest.mark.models
def test_the_pieces_of_a_sentence_joined_are_the_whole(joe, whole_joe):
    pieces = pieces_of(joe, *LONG.split())
    (joined,) = speak(joe, *LONG.split())
    (whole,) = pieces_of(whole_joe, *LONG.split())
    assert len(pieces) > 3
    assert [piece.continues for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    assert joined.units == whole.units
    assert np.abs(joined.samples - whole.samples).max() < 1e-5


@pytest.mark.models
def test_a_voice_that_sees_further_than_the_margins_speaks_whole_and_says_so(tmp_path, caplog):
    wider = ((b"dilations@\x02", b"dilations@\x70"), (b"pads@\x02@\x02", b"pads@\x70@\x70"))
    folder = altered(tmp_path, "/dec/resblocks.0/convs.1/Conv_output_0", *wider)
    (piece,) = pieces_of(PiperEngine(folder, threads=2), *LONG.split())
    assert "can't be run piece by piece" in caplog.text
    assert not piece.continues


@pytest.mark.models
def test_the_first_piece_is_short_and_every_word_lies_in_one_piece(joe):
    pieces = pieces_of(joe, *LONG.split())
    assert 0.3 * RATE_HZ < pieces[0].samples.size < 0.8 * RATE_HZ
    assert all(piece.samples.size > 0.6 * RATE_HZ for piece in pieces[1:-1])
    for piece in pieces:
        assert all(0 <= start <= end <= piece.samples.size for _, start, end in piece.units)


@pytest.mark.models
def test_two_sentences_come_one_by_one_and_share_the_units(joe):
    first, second = speak(joe, "Hello", "there.", "How", "are", "you?")
    assert [unit for unit, _, _ in first.units] == [0, 1]
    assert [unit for unit, _, _ in second.units] == [2, 3, 4]


@pytest.mark.models
def test_a_unit_with_two_sentences_in_it_is_counted_once(joe):
    units = [unit for sentence in speak(joe, "first", "one. two. three", "last") for unit, _, _ in sentence.units]
    assert units == [0, 1, 2]


@pytest.mark.models
def test_a_unit_without_sound_keeps_its_place(joe):
    (sentence,) = speak(joe, "—", "yes", "…", "sir")
    assert [unit for unit, _, _ in sentence.units] == [0, 1, 2, 3]
    assert all(start <= end for _, start, end in sentence.units)


@pytest.mark.models
def test_a_unit_without_sound_at_the_end_belongs_to_the_last_sentence(joe):
    assert [[unit for unit, _, _ in sentence.units] for sentence in speak(joe, "Yes.", "Sir", "—")] == [[0], [1, 2]]


@pytest.mark.models
def test_nothing_to_say_is_silence(joe):
    assert speak(joe) == []
    assert speak(joe, "—") == []


@pytest.mark.models
def test_brackets_are_not_read_as_phonemes(joe):
    (plain,), (bracketed,) = speak(joe, "see", "[wh]"), speak(joe, "see", "[[wh]]")
    assert bracketed.samples.size == plain.samples.size


@pytest.mark.models
def test_twice_the_speed_is_about_half_the_time(joe):
    (slow,), (fast,) = (speak(joe, "the", "timer", "is", "set", speed=speed) for speed in (1.0, 2.0))
    assert fast.samples.size < 0.7 * slow.samples.size


@pytest.mark.models
def test_a_job_is_answered_with_samples_and_units(joe):
    (item,) = joe.run({"units": ["Hello"], "speed": 1.0}, b"", lambda: False)
    assert item.fields["continues"] is False
    assert item.fields["rate_hz"] == RATE_HZ
    ((unit, start, end),) = item.fields["units"]
    assert (unit, 0 < start < end <= len(item.payload) // 4) == (0, True)


@pytest.mark.models
def test_a_cancelled_job_stops_after_the_piece_at_work(joe):
    items = joe.run({"units": LONG.split(), "speed": 1.0}, b"", lambda: True)
    assert len(list(items)) == 1


@pytest.mark.models
def test_a_voice_that_can_not_be_cut_says_a_phrase_in_two_parts_too(whole_joe):
    begun = list(whole_joe.speak(LONG.split(), 1.0, range(3), lively=False))
    rest = list(whole_joe.speak(LONG.split(), 1.0, range(3, len(LONG.split())), lively=False))
    (whole,) = pieces_of(whole_joe, *LONG.split())
    assert [unit for piece in (*begun, *rest) for unit, _, _ in piece.units] == list(range(len(LONG.split())))
    joined = np.concatenate([piece.samples for piece in (*begun, *rest)])
    np.testing.assert_allclose(joined, whole.samples, atol=1e-4)


def test_words_that_run_together_are_told_apart():
    assert owners(list("wʌn ʌvðə bɛst"), [list("wˈʌn"), list("ʌv"), list("ðə"), list("bˈɛst")]) == [
        *(0, 0, 0, None),
        *(1, 1, 2, 2, None),
        *(3, 3, 3, 3),
    ]


def test_a_stress_belongs_to_the_word_that_follows_it():
    assert owners(list("ðɪ ˈɛnd."), [list("ðə"), list("ɛnd")]) == [0, 0, None, 1, 1, 1, 1, None]


def test_what_the_phrase_adds_after_a_space_belongs_to_the_next_word():
    assert owners(list("a xb"), [list("a"), list("b")]) == [0, None, 1, 1]


@given(st.lists(st.text("abcdeˈː", min_size=1, max_size=6).filter(lambda w: w.strip("ˈ")), min_size=1, max_size=6))
def test_words_that_sound_as_they_do_alone_keep_all_their_phonemes(words):
    phrase = list(" ".join(words) + ".")
    expected = [index for index, word in enumerate(words) for _ in (*word, " ")]
    expected[-1] = None
    spaces = [place for place, phoneme in enumerate(phrase) if phoneme == " "]
    found = owners(phrase, [list(word) for word in words])
    for place, (owner, wanted) in enumerate(zip(found, expected, strict=True)):
        if place in spaces or phrase[place] == ".":
            assert owner is None
        elif phrase[place] != "ˈ":
            assert owner == wanted


@given(st.lists(st.text("abcde ,ˈ", max_size=8), max_size=5), st.text("abcde ,.ˈ", max_size=30))
def test_owners_never_go_backwards(words, phrase):
    found = [owner for owner in owners(list(phrase), [list(word) for word in words]) if owner is not None]
    assert found == sorted(found)
    assert all(0 <= owner < len(words) for owner in found) or not words
