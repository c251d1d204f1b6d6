"""What is made ready while somebody is still speaking: only what changes nothing, and nothing that can be heard."""

import asyncio

import pytest

from edge_agent.app.uplink import Uplink
from edge_agent.base.events import VoiceStarted
from edge_agent.talk.mind.notes import Notes
from edge_agent.talk.mind.skills import Skills
from edge_agent.talk.mind.tools.tool import Failure, Outcome
from tests.sim.doing import Talk, book, gate, lamp, talk
from tests.sim.rooms import FakeLlm, settled

SENTENCES = """
intents:
  gate: {data: [{sentences: ["open the gate of the {room}"]}]}
  lamp: {data: [{sentences: ["light in the {room}"]}]}
  book: {data: [{sentences: ["who is in the {room}"]}]}
lists:
  room: {values: [hall, bath]}
"""
HARD = "Write a long speech about public transport for my team and explain the main arguments."


class ReadingLlm(FakeLlm):
    """Remembers what it was given to read ahead."""

    def __init__(self):
        super().__init__(("Well. ",))
        self.read = []

    async def warm(self, messages):
        self.read.append(messages[-1].content)


class FakeCloud:
    """Counts what it is told, and can be asked nothing."""

    def __init__(self):
        self.warmed = self.looked = 0

    def warm(self):
        self.warmed += 1

    def look(self):
        self.looked += 1

    def first_choice(self):
        from edge_agent.talk.mind.cloud.providers import Health

        return Health()

    def budget_left(self):
        return 1.0


@pytest.fixture
def skills(tmp_path):
    (tmp_path / "rooms.yaml").write_text(SENTENCES)
    return Skills([tmp_path])


async def begins(it: Talk, words: str) -> None:
    """Somebody says this and goes on speaking."""
    it.world.stt.text, it.voice = words, 1.0
    it.conversation.post(VoiceStarted(it.position))
    await it.passes(0.6)


async def goes_on(it: Talk, words: str) -> None:
    it.world.stt.text = words
    await it.passes(0.6)


def test_a_tool_that_only_reads_is_called_while_the_words_for_it_are_spoken_and_its_result_waits(skills):
    async def story(it, book):
        await begins(it, "Who is in the hall?")
        assert book.calls == [{"room": "hall"}]
        assert await it.exchange("Who is in the hall?") == "Nobody."
        assert book.calls == [{"room": "hall"}]
        record = it.ended[-1]
        assert (record.foreseen, record.ahead, record.ahead_used) == ("skill", 1, 1)
        assert record.glances >= 2

    talk(story, lambda: book(outcome=Outcome("Nobody.")), skills=skills)


def test_a_call_that_the_words_outgrew_is_for_nothing(skills):
    async def story(it, book):
        await begins(it, "Who is in the hall?")
        assert await it.exchange("Who is in the bath?") == "Nobody."
        assert book.calls == [{"room": "hall"}, {"room": "bath"}]

    talk(story, lambda: book(outcome=Outcome("Nobody.")), skills=skills)


def test_a_call_that_failed_ahead_is_made_again(skills):
    async def story(it, book):
        await begins(it, "Who is in the hall?")
        await it.exchange("Who is in the hall?")
        assert len(book.calls) >= 2

    talk(story, lambda: book(outcome=Outcome(failure=Failure.BROKEN)), skills=skills)


@pytest.mark.parametrize(("tool", "words"), [(gate, "Open the gate of the hall."), (lamp, "Light in the hall.")])
def test_what_changes_something_is_never_called_ahead(skills, tool, words):
    async def story(it, does):
        await begins(it, words)
        await goes_on(it, words)
        assert does.calls == []

    talk(story, tool, skills=skills)


def test_what_only_resembles_a_command_is_not_called_on_a_guess(skills):
    async def story(it, book):
        await begins(it, "Who is on the hall?")
        assert book.calls == []

    talk(story, book, skills=skills)


def test_the_connection_is_opened_where_the_plan_is_to_ask_the_cloud_and_not_for_other_words():
    cloud = FakeCloud()

    async def story(it):
        await begins(it, "What time is it?")
        assert (cloud.looked, cloud.warmed) == (1, 0)
        await goes_on(it, HARD)
        assert (cloud.looked, cloud.warmed) == (1, 1)

    talk(story, uplink=lambda: Uplink(cloud, None))


def test_the_model_reads_the_words_that_it_will_be_asked_and_none_of_those_that_a_skill_answers():
    async def story(it):
        await begins(it, "What time is it?")
        assert "What time is it?" not in it.world.llm.read
        await goes_on(it, HARD)
        assert it.world.llm.read[-1] == HARD

    talk(story, llm=ReadingLlm())


def test_of_words_that_begin_a_command_the_model_reads_nothing():
    async def story(it):
        await begins(it, "Set a timer for")
        assert it.world.llm.read == []

    talk(story, llm=ReadingLlm())


def test_after_an_order_the_model_reads_nothing_and_after_an_answer_of_its_own_what_was_said():
    async def story(it):
        await it.exchange("What time is it?")
        assert it.world.llm.read == []
        await it.exchange("Who are you?")
        await settled()
        assert it.world.llm.read[-1] == it.ended[-1].heard

    talk(story, llm=ReadingLlm())


def test_where_a_tool_may_be_found_the_model_reads_the_question_for_it():
    async def story(it, lamp):
        await begins(it, "Switch the lamp on in the bath.")
        await settled()
        assert it.world.llm.read[-1] == "Switch the lamp on in the bath."
        assert it.world.llm.asked == []

    talk(story, lamp, llm=ReadingLlm())


def test_what_the_notes_say_the_model_does_not_read(tmp_path):
    (tmp_path / "pool.md").write_text("# Sauna\n\nThe sauna is open from nine to five.\n")

    async def story(it):
        object.__setattr__(it.conversation._rooms, "notes", Notes(tmp_path))
        await begins(it, "When is the sauna open?")
        assert "When is the sauna open?" not in it.world.llm.read
        assert (await it.exchange("When is the sauna open?")).startswith("The sauna is open")
        assert it.ended[-1].foreseen == "notes"

    talk(story, llm=ReadingLlm())


def test_an_agent_that_is_closed_leaves_no_call_under_way(skills):
    async def story(it, book):
        await begins(it, "Who is in the hall?")
        await it.conversation.close()
        await settled()
        assert [task for task in asyncio.all_tasks() if "Toolbox.run" in repr(task)] == []

    talk(story, lambda: book(work=asyncio.Event().wait), skills=skills)
