"""What passes from the ear while it sleeps, and how it is woken. Time is chunks of 32 ms."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.events import VoiceStarted, VoiceStopped, VoiceSuspected, Woken
from edge_agent.base.frames import CHUNK, Heard
from edge_agent.talk.ear.waking import LATE_CHUNKS, ORDER, Waking

ORDER_CHUNKS = ORDER // CHUNK + 1


class FakeSpotter:
    """Recognises the word in chunks of a certain number."""

    def __init__(self, *numbers):
        self.numbers, self.resets = numbers, 0

    def feed(self, samples):
        return int(samples[0]) in self.numbers

    def reset(self):
        self.resets += 1


def chunk(number):
    return Heard(number * CHUNK, np.full(CHUNK, number, np.float32), 0.9, -30.0)


def stopped(number):
    return VoiceStopped(number * CHUNK, 0.064)


def asleep(*numbers):
    waking = Waking(FakeSpotter(*numbers))
    waking.wanted = True
    return waking


def told(waking, *news):
    return [passed for one in news for passed in waking.take(one)]


def numbers(passed):
    return [int(one.samples[0]) for one in passed if isinstance(one, Heard)]


def edges(passed):
    return [one for one in passed if not isinstance(one, Heard)]


def test_awake_everything_passes():
    news = [VoiceSuspected(CHUNK), chunk(1), VoiceStarted(CHUNK), chunk(2), stopped(2)]
    assert told(Waking(), *news) == news


def test_asleep_nothing_passes():
    news = [VoiceSuspected(CHUNK), chunk(1), VoiceStarted(CHUNK), chunk(2), stopped(2), chunk(3)]
    assert told(asleep(), *news) == []


def test_what_was_said_before_the_word_is_heard_by_nobody():
    passed = told(asleep(20), *map(chunk, range(1, 23)))
    assert numbers(passed) == list(range(21 - LATE_CHUNKS, 23))
    assert edges(passed) == [Woken(21 * CHUNK)]


def test_the_word_alone_is_no_turn():
    waking = asleep(20)
    passed = told(waking, VoiceStarted(15 * CHUNK), *map(chunk, range(15, 24)), stopped(22))
    assert edges(passed) == [Woken(21 * CHUNK)]
    order = [VoiceStarted(30 * CHUNK), stopped(40)]
    assert edges(told(waking, *order)) == order


def test_an_order_in_one_breath_begins_where_the_word_ended():
    waking = asleep(20)
    passed = told(waking, VoiceStarted(15 * CHUNK), *map(chunk, range(15, 22 + ORDER_CHUNKS)))
    assert edges(passed) == [Woken(21 * CHUNK), VoiceStarted(21 * CHUNK)]
    assert edges(told(waking, stopped(50))) == [stopped(50)]


def test_who_is_woken_by_the_key_in_mid_sentence_hears_the_rest():
    waking = asleep()
    told(waking, VoiceStarted(CHUNK), *map(chunk, range(1, 9)))
    waking.wanted = False
    passed = told(waking, *map(chunk, range(9, 11 + ORDER_CHUNKS)))
    assert edges(passed) == [VoiceStarted(9 * CHUNK)]


def test_each_sleep_begins_with_nothing_in_the_spotters_ear():
    waking = asleep(2, 5)
    told(waking, chunk(1), chunk(2))
    waking.wanted = True
    assert edges(told(waking, chunk(3), chunk(4), chunk(5))) == [Woken(6 * CHUNK)]
    assert waking.spotter.resets == 2


voices = st.lists(st.sampled_from(["chunk", "edge", "sleep", "wake"]), max_size=120)


@given(voices, st.sets(st.integers(0, 120)))
def test_edges_alternate_and_samples_keep_their_order(story, spotted):
    waking, speaking, passed = Waking(FakeSpotter(*spotted)), False, []
    for number, what in enumerate(story):
        match what:
            case "chunk":
                passed += waking.take(chunk(number))
            case "edge":
                speaking = not speaking
                passed += waking.take(VoiceStarted(number * CHUNK) if speaking else stopped(number))
            case _:
                waking.wanted = what == "sleep"
    kept = numbers(passed)
    assert kept == sorted(set(kept))
    begun = [type(one) for one in edges(passed) if isinstance(one, VoiceStarted)]
    ended = [type(one) for one in edges(passed) if isinstance(one, VoiceStopped)]
    assert len(ended) <= len(begun) + 1
