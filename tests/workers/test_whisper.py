"""The Whisper engine: what it hears, how little it listens to, and that it notices when it hears garbage."""

import itertools
import shutil

import numpy as np
import onnxruntime
import pytest
from faster_whisper import WhisperModel
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import EngineError, InputError, ModelError
from edge_agent.workers import whisper_graphs as graphs
from edge_agent.workers.ct2_file import Ct2File
from edge_agent.workers.loops import unlooped
from edge_agent.workers.utterance import WORDS, utterance
from edge_agent.workers.whisper import WhisperEngine, words_of
from edge_agent.workers.whisper_net import adds_up_in_32_bits
from tests.sim.engines import model_folder

SENTENCE = " ".join(WORDS)


def never():
    return False


def hear(engine, samples, **fields):
    (item,) = engine.run(fields, samples.tobytes(), never)
    return item.fields


@pytest.fixture(scope="module")
def tiny():
    return WhisperEngine(model_folder("whisper-tiny.en"), threads=2)


@pytest.mark.models
@pytest.mark.parametrize("name", ["whisper-tiny.en", "whisper-base"])
def test_every_model_knows_the_sentence_made_of_numbers(name):
    engine = WhisperEngine(model_folder(name), threads=2)
    engine.prove()
    assert " ".join(words_of(hear(engine, utterance())["text"])) == SENTENCE


@pytest.mark.models
@pytest.mark.parametrize(
    "where",
    [
        pytest.param(slice(1_000_000, 39_000_000), id="the tokens"),
        pytest.param(slice(41_022_000, 42_200_000), id="one half of one layer of eight"),
    ],
)
def test_a_damaged_model_that_still_loads_is_found_out(tmp_path, where):
    folder = tmp_path / "whisper"
    shutil.copytree(model_folder("whisper-tiny.en"), folder)
    weights = bytearray((folder / "model.bin").read_bytes())
    damaged = np.frombuffer(weights, np.float16, count=(where.stop - where.start) // 2, offset=where.start)
    damaged[:] = np.random.default_rng(1).normal(0, 0.2, damaged.size)
    (folder / "model.bin").write_bytes(weights)
    engine = WhisperEngine(folder, threads=2)
    with pytest.raises(EngineError, match=r"where were you|no numbers"):
        engine.prove()


@pytest.mark.models
def test_a_truncated_or_missing_model_is_named(tmp_path):
    folder = tmp_path / "whisper"
    shutil.copytree(model_folder("whisper-tiny.en"), folder)
    with (folder / "model.bin").open("r+b") as weights:
        weights.truncate(1_000_000)
    with pytest.raises(ModelError, match="whisper is no Whisper model"):
        WhisperEngine(folder, threads=1)
    with pytest.raises(ModelError, match="nowhere"):
        WhisperEngine(tmp_path / "nowhere", threads=1)


@pytest.mark.models
def test_the_known_sentence_is_heard(tiny):
    assert " ".join(words_of(hear(tiny, utterance())["text"])) == SENTENCE


@pytest.mark.models
def test_both_windows_hear_the_same_and_the_short_one_in_less_than_half_the_time(tiny):
    sounds = [np.roll(utterance(), shift) for shift in range(3)]  # What was just heard would not be encoded again.
    short, full = ([hear(tiny, sound, window=window) for sound in sounds] for window in ("short", "full"))
    assert words_of(short[0]["text"]) == words_of(full[0]["text"])
    assert min(heard["ms"] for heard in short) < 0.5 * min(heard["ms"] for heard in full)


@pytest.mark.models
def test_speech_late_in_a_long_recording_is_heard(tiny):
    late = np.concatenate((np.zeros(16 * 16_000, np.float32), utterance()))
    heard = hear(tiny, late)
    assert heard["seconds"] == pytest.approx(late.size / 16_000)
    assert set(words_of(heard["text"])) >= {"year", "ago"}


@pytest.mark.models
@pytest.mark.parametrize("count", [0, 1, 159, 161, 480_000])
def test_any_length_up_to_thirty_seconds_is_taken(tiny, count):
    assert np.isfinite(hear(tiny, np.zeros(count, np.float32))["avg_logprob"])


@pytest.mark.models
def test_more_than_thirty_seconds_are_refused(tiny):
    with pytest.raises(InputError, match="30 s at once"):
        hear(tiny, np.zeros(480_001, np.float32))


@pytest.mark.models
def test_a_cancelled_job_says_nothing(tiny):
    assert list(tiny.run({}, utterance().tobytes(), lambda: True)) == []


@pytest.mark.models
def test_a_job_that_is_cancelled_while_it_is_decoded_leaves_the_next_one_whole(tiny):
    looks = itertools.count()
    assert list(tiny.run({}, utterance().tobytes(), lambda: next(looks) > 0)) == []
    assert " ".join(words_of(hear(tiny, utterance())["text"])) == SENTENCE


def weighed(engine, samples, words):
    (item,) = engine.run({"weighed": words}, samples.tobytes(), never)
    return item.fields["pieces"], np.frombuffer(item.payload, np.float32).reshape(-1, len(words))


@pytest.mark.models
def test_the_words_that_were_nearly_written_are_told_at_every_piece(tiny):
    hear(tiny, utterance())
    pieces, nats = weighed(tiny, utterance(), ("latte", *WORDS))
    assert words_of("".join(pieces)) == list(WORDS)
    assert nats.shape == (len(pieces) + 1, 7)
    assert (nats >= 0).all()
    assert (nats.min(axis=1) == 0).all()
    # What was written was the likeliest at its place; what nobody says was nowhere.
    at = [next(place for place, piece in enumerate(pieces) if piece.strip().lower() == word) for word in WORDS]
    assert [nats[place, 1:].argmin() for place in at] == list(range(6))
    assert (nats[:, 0] > 3).all()


@pytest.mark.models
def test_sound_that_was_not_the_last_one_is_heard_anew_to_weigh_its_words(tiny):
    pieces, nats = weighed(tiny, utterance(), ("year", "latte"))
    hear(tiny, np.zeros(16_000, np.float32))
    again, anew = weighed(tiny, utterance(), ("year", "latte"))
    assert again == pieces
    assert np.allclose(anew, nats)
    assert list(tiny.run({"weighed": ["year"]}, utterance()[:-800].tobytes(), lambda: True)) == []


@pytest.mark.models
def test_nothing_is_weighed_of_what_is_longer_than_any_order(tiny):
    late = np.concatenate((np.zeros(16 * 16_000, np.float32), utterance()))
    pieces, nats = weighed(tiny, late, ("year", "latte"))
    assert (pieces, nats.tolist()) == ([], [[0, 0]])


@pytest.mark.models
def test_where_words_are_expected_nothing_else_is_written(tiny):
    expected = ("where", "were", "you", "a", "year", "ago", "now")
    found = [item.fields for item in tiny.run({"words": expected}, utterance().tobytes(), never)]
    assert " ".join(words_of(found[0]["text"])) == SENTENCE
    assert [heard["avg_logprob"] for heard in found] == sorted((heard["avg_logprob"] for heard in found), reverse=True)
    other = [item.fields["text"] for item in tiny.run({"words": ("latte", "mocha")}, utterance().tobytes(), never)]
    assert set("".join(other).lower()) <= set("lattemocha .,?!-")


@pytest.mark.models
def test_what_was_just_heard_is_not_encoded_again(tiny):
    hear(tiny, utterance())
    again = [item.fields["ms"] for item in tiny.run({"words": tuple(WORDS)}, utterance().tobytes(), never)]
    fresh = np.roll(utterance(), 1)
    encoded = [item.fields["ms"] for item in tiny.run({"words": tuple(WORDS)}, fresh.tobytes(), never)]
    assert again[0] < encoded[0]


@pytest.mark.models
@pytest.mark.parametrize("name", ["whisper-tiny.en", "whisper-base"])
def test_it_is_as_sure_of_the_same_words_as_ctranslate2_is(name):
    engine = WhisperEngine(model_folder(name), threads=2)
    heard = hear(engine, utterance())
    model = WhisperModel(str(model_folder(name)), device="cpu", compute_type="float32", cpu_threads=2)
    segments, _ = model.transcribe(utterance(), language="en", beam_size=1, without_timestamps=True, temperature=0)
    (segment,) = segments
    assert words_of(heard["text"]) == words_of(segment.text)
    assert heard["no_speech_prob"] == pytest.approx(segment.no_speech_prob, abs=0.1)
    assert heard["avg_logprob"] == pytest.approx(segment.avg_logprob, abs=0.15)


@pytest.mark.parametrize(
    ("flags", "adds_up"),
    [
        ("flags : fpu sse2 avx2 fma", False),
        ("flags : fpu sse2 avx2 avx512f", False),
        ("flags : fpu sse2 avx2 avx_vnni", True),
        ("flags : fpu sse2 avx512f avx512_vnni", True),
        ("Features : fp asimd asimddp", True),
        ("", True),
    ],
)
def test_a_processor_is_known_in_which_products_overflow(tmp_path, flags, adds_up):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"model name : a processor\n{flags}\n")
    assert adds_up_in_32_bits(cpuinfo) == adds_up
    assert adds_up_in_32_bits(tmp_path / "nowhere")


@pytest.mark.models
def test_weights_without_a_sign_make_the_same_of_a_sound():
    model = Ct2File(model_folder("whisper-tiny.en") / "model.bin")
    names = graphs.shape(model).looked_up
    given = {"spectrogram": np.random.default_rng(1).normal(0, 0.3, (1, 80, 200)).astype(np.float32)}
    made = [
        onnxruntime.InferenceSession(graphs.encoder(model, signed=signed)).run(names, given) for signed in (True, False)
    ]
    for one, other in zip(*made, strict=True):
        assert np.abs(one - other).mean() < 0.02 * np.abs(one).mean()


@pytest.mark.models
def test_sound_that_is_no_numbers_fails_instead_of_being_understood(tiny):
    with pytest.raises(EngineError):
        hear(tiny, np.full(16_000, np.nan, np.float32))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("computer computer computer comp", "computer"),
        ("Computer. Computer.", "Computer."),
        ("Go! Go! Go! Go! Go! G", "Go!"),
        ("View Glass View Glass View Glass View", "View Glass"),
        ("It is not morphine, I say. It is not morphine, I", "It is not morphine, I say."),
        ("A 16 ounce mocha, please. A 16 ounce mocha, please. A 1", "A 16 ounce mocha, please."),
        ("The cat sat. The dog ran. The dog ran. The dog ran. The", "The cat sat. The dog ran."),
    ],
)
def test_a_loop_is_said_once(said, meant):
    assert unlooped(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "",
        "...",
        "Stop.",
        "No, no, yes.",
        "I want it and I want it now",
        "a little bit of sugar and a little bit of cream",
        "my number is 5 5 5 5 5",
        "to be or not to be",
        "It was very very good",
    ],
)
def test_what_people_do_say_twice_is_left_alone(said):
    assert unlooped(said) == said


WORD = st.text("abcdefgh'", min_size=1, max_size=6).filter(lambda word: word.strip("'"))


@given(st.lists(WORD, min_size=1, max_size=6), st.integers(4, 9))
def test_any_phrase_in_a_loop_comes_out_no_longer_than_it_is(phrase, times):
    assert len(unlooped(" ".join(phrase * times)).split()) <= len(phrase)


@given(st.lists(WORD | st.sampled_from(["yes.", "no,", "5"]), max_size=12))
def test_only_the_end_is_ever_cut(words):
    text = " ".join(words)
    assert text.startswith(unlooped(text))
    assert bool(unlooped(text)) == bool(text)
