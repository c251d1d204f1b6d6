"""A draft whose question the owner's notes answer: no model is asked, and what they don't say is not made up."""

import asyncio
from dataclasses import replace

import pytest

from edge_agent.app.questions import Written
from edge_agent.talk.mind.notes import Notes
from edge_agent.talk.mind.router import UNKNOWN
from tests.sim.drafts import first_draft
from tests.sim.rooms import World


@pytest.fixture
def notes(tmp_path):
    (tmp_path / "bar.md").write_text("# The bar\n\nThe bar opens at noon. Dogs are welcome.")
    return Notes(tmp_path)


def answered(question, notes):
    async def told():
        world = World()
        draft = first_draft(replace(world.rooms, notes=notes))
        draft.commit()
        await draft.run(Written(question))
        world.chores.close()
        return draft.timeline, world.llm.asked

    return asyncio.run(told())


def test_what_the_notes_say_is_said_and_no_model_is_asked(notes):
    timeline, asked = answered("When does the bar open?", notes)
    assert (timeline.kind, timeline.reply, asked) == ("notes", "The bar opens at noon.", [])
    assert timeline.reason == "the owner's notes say it: bar.md"


def test_what_they_do_not_say_is_not_known(notes):
    timeline, asked = answered("What is the capital of Mongolia?", notes)
    assert (timeline.kind, timeline.reply, asked) == ("local", UNKNOWN, [])


def test_without_notes_the_model_is_asked():
    timeline, asked = answered("What is the capital of Mongolia?", None)
    assert timeline.reply == "Yes."
    assert len(asked) == 1


def test_a_skill_comes_first(notes):
    timeline, _ = answered("What time is it?", notes)
    assert timeline.kind == "skill"
