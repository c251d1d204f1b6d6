"""A reply sounds before its first phrase is known; each word of it is said, heard and remembered once."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.app.drafts import Drafts
from edge_agent.app.questions import Written
from edge_agent.app.replying import cut_up
from edge_agent.base.errors import EngineError
from edge_agent.base.events import ReplyFailed, SpeechFinished
from edge_agent.talk.voice.beginning import Beginning
from edge_agent.talk.voice.phrases import Phrases
from tests.sim.drafts import first_draft
from tests.sim.rooms import WORD_S, FakeLlm, World, settled

PIECES = ("The", " sky", " appears", " blue", " because", " of the air,", " as you know.")
REPLY = "The sky appears blue because of the air, as you know."


def live(story, llm):
    async def lived():
        world, told = World(llm=llm), []
        draft = first_draft(world.rooms)
        drafts = Drafts(told.append, told.append)
        try:
            drafts.begin(draft, Written("Why is the sky blue?"))
            draft.commit()
            await settled()
            await story(world, draft, told)
        finally:
            await drafts.close()
            world.chores.close()

    asyncio.run(lived())


def test_the_first_words_sound_before_the_first_phrase_is_known():
    async def story(world, draft, _):
        assert world.tts.said == ["The sky appears"]
        world.plays(5 * WORD_S)
        assert world.speaker.heard(1) == "The sky appears"
        world.llm.gate.set()
        await settled()
        assert world.tts.said[1:] == [" blue because of the air, ", "as you know."]
        world.plays(12 * WORD_S)
        assert world.speaker.heard(1) == draft.timeline.reply == REPLY
        assert world.speaker_events[-1] == SpeechFinished(1)

    live(story, FakeLlm(PIECES, before_gate=4, gate=asyncio.Event()))


@pytest.mark.parametrize("words", range(12))
def test_what_was_heard_of_it_is_exact_wherever_it_is_stopped(words):
    async def story(world, *_):
        world.plays((words + 0.4) * WORD_S)
        heard = world.speaker.heard(1)
        assert REPLY.startswith(heard)
        assert words - 1 <= len(heard.split()) <= words  # a breath lies between its phrases

    live(story, FakeLlm(PIECES))


def test_where_a_phrase_that_was_begun_is_never_known_the_failure_is_told():
    async def story(world, _, told):
        assert world.tts.said == ["The sky appears"]
        assert told[-1] == ReplyFailed(1)

    live(story, FakeLlm(PIECES[:4], error=EngineError("it died")))


@given(st.lists(st.sampled_from([" I", " am", " sorry", " for", ",", ".", " 3", ".5", " the", " cat's", "\n", " and"])))
def test_lines_joined_are_the_reply(pieces):
    async def story():
        lines = [line async for line in cut_up(FakeLlm(tuple(pieces)).reply([]), Phrases(12), Beginning())]
        assert "".join(line.text[line.start : line.stop] for line in lines) == "".join(pieces)
        assert [n for n, line in enumerate(lines) if line.stop is not None] in ([], [0])
        for begun, rest in pairwise(lines):
            assert rest.start == (begun.stop or 0)
            assert not rest.start or rest.text.startswith(begun.text[: begun.stop])

    asyncio.run(story())
