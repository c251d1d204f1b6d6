import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.events import SpeechFinished, SpeechStarted
from edge_agent.base.frames import Speech, Word
from edge_agent.talk.voice import earcon
from edge_agent.talk.voice.breath import CLAUSE_GAP_S, SENTENCE_GAP_S
from edge_agent.talk.voice.speaker import DIP_S, Speaker

RATE_HZ = 16_000
BLOCK = 160


def phrase(text: str, length: int, rate_hz: int = RATE_HZ, level: float = 1.0) -> Speech:
    words = text.split()
    edges = [length * n // len(words) for n in range(len(words) + 1)]
    spoken = tuple(Word(word, a, b) for word, a, b in zip(words, edges, edges[1:], strict=False))
    return Speech(text, np.full(length, level, np.float32), rate_hz, spoken)


class Stage:
    """A speaker, its events, and a device that asks for blocks when told to."""

    def __init__(self, *, rate_hz: int = RATE_HZ, volume: float = 1.0, duck_db: float = -20.0) -> None:
        self.events: list[SpeechStarted | SpeechFinished] = []
        self.speaker = Speaker(rate_hz, volume, duck_db, self.events.append)
        self._rate_hz = rate_hz
        self._played = 0

    def render(self, size: int = BLOCK) -> np.ndarray:
        block = self.speaker.render(size, self._played * RATE_HZ // self._rate_hz)
        self._played += size
        return block

    def play(self, blocks: int, size: int = BLOCK) -> np.ndarray:
        return np.concatenate([self.render(size) for _ in range(blocks)])


def test_an_answer_begins_with_its_first_sample_and_ends_with_its_last():
    stage = Stage()
    assert not stage.play(3).any()
    stage.speaker.say(7, phrase("Hello there.", 250))
    stage.speaker.finish(7)
    assert stage.render().all()
    assert stage.events == [SpeechStarted(7, 3 * BLOCK)]
    assert np.count_nonzero(stage.render()) == 90
    assert stage.events[1:] == [SpeechFinished(7)]


def test_an_answer_that_ends_with_a_block_has_ended_in_that_block():
    stage = Stage()
    stage.speaker.say(7, phrase("Hello.", BLOCK))
    stage.speaker.finish(7)
    stage.play(1)
    assert stage.events == [SpeechStarted(7, 0), SpeechFinished(7)]


def test_an_answer_without_words_ends_at_once():
    stage = Stage()
    stage.speaker.finish(3)
    stage.play(1)
    assert stage.events == [SpeechFinished(3)]


@pytest.mark.parametrize(
    ("text", "gap_s"), [("One.", SENTENCE_GAP_S), ('"One!"', SENTENCE_GAP_S), ("One,", CLAUSE_GAP_S), ("One", 0)]
)
def test_between_phrases_there_is_a_breath(text, gap_s):
    stage = Stage()
    stage.speaker.say(1, phrase(text, 100))
    stage.speaker.say(1, phrase("Two.", 100))
    sound = np.flatnonzero(stage.play(20))
    assert sound.size == 200
    assert sound[100] - sound[99] - 1 == round(gap_s * RATE_HZ)


@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_pieces_of_a_phrase_are_played_as_one(rate_hz):
    wave = np.sin(2 * np.pi * 200 / 22_050 * np.arange(22_050)).astype(np.float32)
    whole = Speech("one, two.", wave, 22_050, (Word("one,", 0, 9_000), Word("two.", 9_000, 22_050)))
    first = Speech("one,", wave[:9_000], 22_050, (Word("one,", 0, 9_000),), continues=True)
    rest = Speech("two.", wave[9_000:], 22_050, (Word("two.", 0, 13_050),))
    heard, sounds = [], []
    for pieces in ([whole], [first, rest]):
        stage = Stage(rate_hz=rate_hz)
        for piece in pieces:
            stage.speaker.say(1, piece)
        blocks = []
        for _ in range(110):
            sounds.append(stage.play(1, size=rate_hz // 100))
            blocks.append(stage.speaker.heard(1))
        heard.append(blocks)
    assert heard[0] == heard[1]
    assert np.concatenate(sounds[:110]) == pytest.approx(np.concatenate(sounds[110:]), abs=1e-4)


def test_a_late_phrase_is_a_gap_and_not_an_end():
    stage = Stage()
    stage.speaker.say(1, phrase("One.", 160))
    stage.play(50)
    assert stage.events == [SpeechStarted(1, 0)]
    stage.speaker.say(1, phrase("Two.", 160))
    assert stage.render().all(), "the waiting was breath enough"
    stage.speaker.finish(1)
    stage.play(1)
    assert stage.events == [SpeechStarted(1, 0), SpeechFinished(1)]


def test_a_phrase_that_is_a_little_late_waits_for_the_rest_of_the_breath():
    stage = Stage()
    stage.speaker.say(1, phrase("One.", 100))
    stage.play(3)
    stage.speaker.say(1, phrase("Two.", 100))
    assert np.flatnonzero(stage.play(20))[0] == round(SENTENCE_GAP_S * RATE_HZ) - (3 * BLOCK - 100)


def test_one_answer_after_the_other():
    stage = Stage()
    for draft in (1, 2):
        stage.speaker.say(draft, phrase("Yes", 160))
        stage.speaker.finish(draft)
    stage.play(3)
    assert stage.events == [SpeechStarted(1, 0), SpeechFinished(1), SpeechStarted(2, 160), SpeechFinished(2)]


def test_what_was_heard_grows_word_by_word_and_breaths_are_not_words():
    stage = Stage()
    stage.speaker.say(1, phrase("one two.", 320))
    stage.speaker.say(1, phrase("three four.", 320))
    told = []
    for _ in range(20):
        stage.play(1)
        told.append(stage.speaker.heard(1))
    assert told[:3] == ["one", "one two.", "one two."]
    assert told[2:14] == ["one two."] * 12
    assert told[14:16] == ["one two. three", "one two. three four."]


def test_silence_falls_within_five_milliseconds_and_without_a_click():
    stage = Stage()
    stage.speaker.say(1, phrase("a long story", 16_000))
    stage.play(5)
    stage.speaker.silence()
    tail = stage.play(1)
    assert np.flatnonzero(tail)[-1] < 0.005 * RATE_HZ
    assert np.abs(np.diff(tail, prepend=1.0)).max() < 0.05
    assert not stage.play(100).any()


def test_silence_forgets_the_queue_and_refuses_what_arrives_late():
    stage = Stage()
    stage.speaker.say(1, phrase("one two", 1600))
    stage.play(7)
    stage.speaker.silence()
    stage.speaker.say(1, phrase("late", 1600))
    stage.speaker.finish(1)
    stage.play(1)
    assert not stage.play(50).any()
    assert stage.events == [SpeechStarted(1, 0)]
    assert stage.speaker.heard(1) == "one"


def test_after_silence_the_next_answer_speaks_at_once():
    stage = Stage()
    stage.speaker.say(1, phrase("one.", 1600))
    stage.play(3)
    stage.speaker.silence()
    stage.speaker.say(2, phrase("two", 160))
    stage.speaker.finish(2)
    stage.play(2)
    assert stage.events == [SpeechStarted(1, 0), SpeechStarted(2, 480), SpeechFinished(2)]


def test_a_held_answer_is_silent_within_ten_milliseconds_and_goes_on_at_the_sample():
    stage = Stage()
    rising = np.linspace(0.2, 0.9, 1600, dtype=np.float32)
    stage.speaker.say(1, Speech("one two", rising, RATE_HZ, (Word("one", 0, 800), Word("two", 800, 1600))))
    stage.speaker.finish(1)
    stage.play(2)
    stage.speaker.hold()
    fading = stage.play(1)
    assert fading[-1] == 0
    assert not stage.play(50).any()
    assert stage.events == [SpeechStarted(1, 0)]
    stage.speaker.resume(again=False)
    assert stage.play(8)[BLOCK:] == pytest.approx(np.concatenate([rising[4 * BLOCK :], np.zeros(BLOCK)]))
    assert stage.events[1:] == [SpeechFinished(1)]


def test_a_held_answer_that_begins_its_clause_again_is_heard_once():
    stage = Stage()
    stage.speaker.say(1, phrase("one, two three four", 4 * 1600))
    stage.play(20)
    assert stage.speaker.heard(1) == "one, two"
    stage.speaker.hold()
    stage.play(10)
    stage.speaker.resume(again=True)
    told = []
    for _ in range(40):
        stage.play(1)
        told.append(stage.speaker.heard(1))
    assert told[0] == told[9] == "one, two", "the words that are said again were heard"
    assert told[-1] == "one, two three four"
    assert np.count_nonzero(np.diff([len(words) for words in told])) == 2


def test_what_is_held_grows_and_may_still_be_silenced():
    stage = Stage()
    stage.speaker.say(1, phrase("one", 1600))
    stage.play(2)
    stage.speaker.hold()
    stage.speaker.say(1, phrase("two", 1600))
    stage.play(2)
    stage.speaker.silence()
    stage.speaker.say(2, phrase("three", 160))
    assert stage.play(2).any()
    assert stage.events == [SpeechStarted(1, 0), SpeechStarted(2, 4 * BLOCK)]


def test_an_answer_that_has_said_all_does_not_end_while_it_is_held():
    stage = Stage()
    stage.speaker.say(1, phrase("one", BLOCK))
    stage.play(1)
    stage.speaker.hold()
    stage.play(1)
    stage.speaker.finish(1)
    stage.play(5)
    assert stage.events == [SpeechStarted(1, 0)]
    stage.speaker.resume(again=True)
    stage.play(1)
    assert stage.events[1:] == [SpeechFinished(1)]


def test_ducking_is_a_ramp_of_ten_milliseconds():
    stage = Stage()
    stage.speaker.say(1, phrase("la la la", 16_000))
    stage.play(2)
    stage.speaker.duck()
    ramp = stage.play(1)
    assert ramp[0] > 0.98
    assert np.all(np.diff(ramp) < 0)
    assert stage.play(2) == pytest.approx(0.1)
    stage.speaker.unduck()
    assert stage.play(2)[-1] == pytest.approx(1.0)


def test_a_change_of_mind_in_the_middle_of_a_ramp_does_not_click():
    stage = Stage()
    stage.speaker.say(1, phrase("la la la", 16_000))
    stage.play(1)
    stage.speaker.duck()
    falling = stage.play(1, size=60)
    stage.speaker.unduck()
    rising = stage.play(3)
    assert np.abs(np.diff(np.concatenate([falling, rising]))).max() < 0.01
    assert rising[-1] == pytest.approx(1.0)


def test_a_dip_is_over_by_itself():
    stage = Stage()
    stage.speaker.say(1, phrase("la la la", 16_000))
    stage.play(2)
    stage.speaker.dip()
    dipped = stage.play(round(DIP_S * RATE_HZ / BLOCK))
    assert dipped[BLOCK:] == pytest.approx(0.1)
    assert stage.play(2)[-1] == pytest.approx(1.0)


def test_a_dip_lasts_from_the_latest_suspicion_on_and_what_is_lowered_stays_lowered():
    stage = Stage()
    stage.speaker.say(1, phrase("la la la", 32_000))
    blocks = round(DIP_S * RATE_HZ / BLOCK)
    stage.speaker.dip()
    stage.play(blocks - 1)
    stage.speaker.dip()
    assert stage.play(blocks) == pytest.approx(0.1)
    stage.speaker.dip()
    stage.speaker.duck()
    assert stage.play(3 * blocks)[BLOCK:] == pytest.approx(0.1)


def test_volume_is_obeyed():
    stage = Stage(volume=0.5)
    stage.speaker.say(1, phrase("la la la", 16_000))
    assert stage.play(1) == pytest.approx(0.5)
    stage.speaker.volume = 0.25
    assert stage.play(2)[-1] == pytest.approx(0.25)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_speech_is_brought_to_the_rate_of_the_device(rate_hz):
    stage = Stage(rate_hz=rate_hz)
    stage.play(10, size=rate_hz // 100)
    stage.speaker.say(1, phrase("one two", 22_050, rate_hz=22_050, level=0.5))
    stage.speaker.finish(1)
    sound = stage.play(101, size=rate_hz // 100)
    assert stage.events == [SpeechStarted(1, 1600), SpeechFinished(1)]
    assert np.count_nonzero(sound > 0.25) == pytest.approx(rate_hz, rel=0.01)
    assert stage.speaker.heard(1) == "one two"


def test_words_are_found_at_the_rate_of_the_device():
    stage = Stage(rate_hz=48_000)
    stage.speaker.say(1, phrase("one two", 22_050, rate_hz=22_050))
    stage.play(24, size=480)
    assert stage.speaker.heard(1) == ""
    stage.play(2, size=480)
    assert stage.speaker.heard(1) == "one"


def test_nothing_is_known_of_a_forgotten_answer():
    stage = Stage()
    stage.speaker.say(1, phrase("one", 160))
    stage.play(2)
    stage.speaker.forget(1)
    assert stage.speaker.heard(1) == stage.speaker.heard(99) == ""


orders = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(1, 4)),
        st.tuples(st.just("finish"), st.integers(1, 4)),
        st.tuples(st.just("render"), st.integers(1, 500)),
        st.tuples(st.sampled_from(["duck", "unduck", "dip", "silence", "hold"]), st.none()),
        st.tuples(st.just("resume"), st.booleans()),
        st.tuples(st.just("forget"), st.integers(1, 4)),
    ),
    max_size=40,
)


@given(orders)
def test_in_any_order_sound_stays_in_range_and_every_answer_begins_before_it_ends(sequence):
    stage = Stage()
    sound = [np.zeros(1, np.float32)]
    for order, argument in sequence:
        if order == "say":
            stage.speaker.say(argument, phrase("la la.", 300))
        elif order == "render":
            block = stage.render(argument)
            assert block.shape == (argument,)
            sound.append(block)
        elif argument is None:
            getattr(stage.speaker, order)()
        elif order == "resume":
            stage.speaker.resume(again=argument)
        else:
            getattr(stage.speaker, order)(argument)
    assert np.abs(np.concatenate(sound)).max() <= 1.0 + 1e-6
    positions = [event.position for event in stage.events if isinstance(event, SpeechStarted)]
    assert positions == sorted(positions)


spoken = st.lists(st.sampled_from(["one", "two,", "three.", "four"]), min_size=1, max_size=6)


@given(
    st.lists(spoken, min_size=1, max_size=4),
    st.lists(
        st.tuples(st.sampled_from(["duck", "unduck", "dip", "hold", "again", "resume", "play"]), st.integers(1, 25))
    ),
)
def test_what_was_heard_is_off_by_at_most_one_word_however_it_was_lowered_held_and_said_again(phrases, orders):
    """Each sample of a phrase carries the number of its word, so the sound itself tells which words came out."""
    stage = Stage(duck_db=0)
    words = [word for text in phrases for word in text]
    said = 0
    for text in phrases:
        numbers = np.repeat(np.arange(said + 1, said + len(text) + 1, dtype=np.float32) / 100, 400)
        edges = tuple(Word(word, 400 * n, 400 * (n + 1)) for n, word in enumerate(text))
        stage.speaker.say(1, Speech(" ".join(text), numbers, RATE_HZ, edges))
        said += len(text)
    loudest = 0.0
    for order, blocks in orders:
        match order:
            case "duck" | "unduck" | "dip" | "hold":
                getattr(stage.speaker, order)()
            case "again" | "resume":
                stage.speaker.resume(again=order == "again")
        loudest = max(loudest, float(np.max(stage.play(blocks))))
        told = stage.speaker.heard(1).split()
        begun = round(100 * loudest)
        assert told == words[: len(told)]
        assert begun - 1 <= len(told) <= begun + 1


def test_two_threads_lose_nothing():
    stage = Stage()
    finished = threading.Event()
    rendered: list[int] = []

    def device() -> None:
        for _ in range(100_000):
            rendered.append(int(np.count_nonzero(stage.render())))
            if SpeechFinished(1) in stage.events:
                finished.set()
                return

    threading.Thread(target=device, daemon=True).start()
    for _ in range(400):
        stage.speaker.say(1, phrase("la", 100))
    stage.speaker.finish(1)
    assert finished.wait(timeout=60)
    assert sum(rendered) == 400 * 100
    assert stage.speaker.heard(1) == " ".join(["la"] * 400)


def test_an_earcon_sounds_over_an_answer_and_belongs_to_none():
    alone, over = Stage(volume=0.5), Stage(volume=0.5)
    over.speaker.say(1, phrase("Hello there.", 8000, level=0.2))
    answer = Stage(volume=0.5)
    answer.speaker.say(1, phrase("Hello there.", 8000, level=0.2))
    for stage in (alone, over):
        stage.speaker.chime(earcon.rising)
    chime = alone.play(60)
    assert chime[: earcon.rising(RATE_HZ).size] == pytest.approx(0.5 * earcon.rising(RATE_HZ))
    assert over.play(60) == pytest.approx(answer.play(60) + chime, abs=1e-6)
    assert alone.events == []


def test_an_earcon_waits_for_nothing_and_is_not_lowered_with_the_voice():
    stage = Stage()
    stage.speaker.duck()
    stage.speaker.hold()
    stage.play(5)
    stage.speaker.chime(earcon.falling)
    assert np.abs(stage.play(30)).max() == pytest.approx(earcon.LEVEL, rel=0.02)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000])
def test_earcons_are_soft_begin_and_end_in_silence_and_are_told_apart(rate_hz):
    up, down = earcon.rising(rate_hz), earcon.falling(rate_hz)
    assert np.abs(up).max() <= earcon.LEVEL * 1.01
    assert max(abs(up[0]), abs(up[-1])) < 1e-4
    assert 0.2 < up.size / rate_hz < 0.3

    def pitch(samples):
        return np.argmax(np.abs(np.fft.rfft(samples, rate_hz)))

    half = up.size // 2
    assert pitch(up[:half]) < pitch(up[half:])
    assert pitch(down[:half]) > pitch(down[half:])
