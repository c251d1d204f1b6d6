"""Somebody speaks while the agent does, in a room in real time and with real engines: what is heard of it."""

import numpy as np
import pytest

from edge_agent.app.happenings import StateChanged, WordsHeard
from edge_agent.base.events import Announced, FloorTaken, Typed
from edge_agent.base.frames import RATE_HZ
from edge_agent.talk.floor.state import State
from tests.sim.live import SOON_MS

pytestmark = [pytest.mark.models, pytest.mark.alone]

INTO_S = 1.0
"""How far into the agent's words somebody speaks."""

TALE = "The moon is old, and the sea is older. They have met every night since the world began."
"""Six seconds, said of its own accord."""

QUESTION = "Tell me a long story about the moon and the sea."


async def is_spoken_over(it, said, samples):
    """Return the position of the first audible sample over the agent's."""
    it.agent.post(said)
    await it.until(lambda: it.speaks)
    await it.person.passes(it.room.position + round(INTO_S * RATE_HZ))
    assert it.speaks
    onset = it.room.position + int(np.flatnonzero(np.abs(samples) > 0.01)[0])
    await it.asked(samples)
    return onset


def states(it):
    return [change.state for change in it.of(StateChanged)]


def tell(it, *others):
    """Shown by `pytest -s`."""
    words = [happening.text for happening in it.of(WordsHeard)]
    print([state.value for state in states(it)], words, *others)  # noqa: T201


def cough(seconds):
    random = np.random.default_rng(1)
    size = int(seconds * RATE_HZ)
    return (random.standard_normal(size) * np.geomspace(0.3, 0.01, size)).astype(np.float32)


def test_who_stops_it_and_asks_something_else_is_answered(scene, lines):
    async def story(it):
        onset = await is_spoken_over(it, Typed(QUESTION), lines["stop"])
        cut, answer = await it.answers(2)
        silent_ms = it.silent_after_ms(onset)
        tell(it, f"silent after {silent_ms:.0f} ms", cut.heard)
        assert cut.interrupted
        assert "capital" in answer.user.lower()
        assert silent_ms < SOON_MS

    scene(story)


def test_who_only_shows_that_he_listens_hears_it_to_the_end(scene, lines):
    async def story(it):
        onset = await is_spoken_over(it, Announced(TALE), lines["yeah"])
        (told,) = await it.answers()
        tell(it, f"silent after {it.silent_after_ms(onset):.0f} ms", told.heard)
        assert told.heard == TALE
        assert State.HELD in states(it)
        assert State.HEARING not in states(it)

    scene(story)


@pytest.mark.parametrize("seconds", [0.25, 0.6])
def test_a_cough_costs_it_nothing(scene, seconds):
    async def story(it):
        await is_spoken_over(it, Announced(TALE), cough(seconds))
        (told,) = await it.answers()
        tell(it, told.heard)
        assert told.heard == TALE

    scene(story)


def test_who_goes_on_just_after_the_first_word_gets_one_answer_to_the_whole(scene, lines):
    async def story(it):
        await it.asked(lines["france"])
        await it.until(lambda: it.speaks)
        await it.asked(lines["spain"])
        (answer,) = await it.answers()
        tell(it, answer.user, answer.heard)
        assert "france" in answer.user.lower()
        assert "spain" in answer.user.lower()
        assert answer.revision >= 1
        assert it.listens

    scene(story)


def test_who_interrupts_may_have_it_go_on_where_it_was_cut(scene, lines):
    async def story(it):
        await is_spoken_over(it, Typed(QUESTION), lines["time"])
        cut, _ = await it.answers(2)
        await it.person.hears_silence(0.5)
        await it.asked(lines["go on"])
        await it.until(lambda: it.speaks)
        await it.person.passes(it.room.position + RATE_HZ)
        it.agent.post(FloorTaken())
        rest = (await it.answers(3))[2]
        tell(it, cut.heard, "|", rest.heard)
        assert rest.kind == "skill"
        assert rest.heard
        assert cut.unheard.startswith(rest.heard)

    scene(story)
