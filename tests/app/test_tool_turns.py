"""A turn in which something is done: what is called when, and what is said about it."""

import asyncio

import pytest

from edge_agent.app.doing import HOLD, SAID, WONT
from edge_agent.app.happenings import PhraseQueued
from edge_agent.app.questions import Written
from edge_agent.base.events import VoiceStarted, VoiceStopped
from edge_agent.talk.mind.skills import Skills
from edge_agent.talk.mind.tools.policy import Asker
from edge_agent.talk.mind.tools.tool import Call, Failure, Outcome, Risk
from tests.sim.doing import Does, book, gate, lamp, talk
from tests.sim.rooms import settled

SENTENCES = """
intents:
  gate: {data: [{sentences: ["open the gate of the {room}"]}]}
  lamp: {data: [{sentences: ["light in the {room}"]}]}
  book: {data: [{sentences: ["who is in the {room}"]}]}
lists:
  room: {values: [hall, bath, attic]}
"""
ASKED = "Open the gate of a room: room hall. Shall I do that?"
HALL = {"room": "hall"}


@pytest.fixture
def skills(tmp_path):
    (tmp_path / "rooms.yaml").write_text(SENTENCES)
    return Skills([tmp_path])


def test_what_only_reads_is_called_in_the_draft(skills):
    async def story(it, book):
        await it.types("Who is in the hall?")
        assert book.calls == [HALL]
        assert await it.answers() == "Nobody."

    talk(story, lambda: book(outcome=Outcome("Nobody.")), skills=skills)


def test_what_can_be_taken_back_is_called_once_the_turn_is_over(skills):
    async def story(it, lamp):
        assert await it.exchange("Light in the hall.") == "Done."
        assert lamp.calls == [HALL]
        assert it.ended[-1].kind == "skill"
        assert it.ended[-1].reason == "a command: lamp"

    talk(story, lamp, skills=skills)


def test_what_cannot_be_taken_back_is_done_after_a_spoken_yes(skills):
    async def story(it, gate):
        assert await it.exchange("Open the gate of the hall.") == ASKED
        assert gate.calls == []
        assert await it.exchange("Yes, please.") == "Done."
        assert gate.calls == [HALL]
        await it.exchange("Yes.")
        assert gate.calls == [HALL]

    talk(story, gate, skills=skills)


@pytest.mark.parametrize("answer", ["No.", "Cancel that.", "Stop."])
def test_after_a_no_it_is_not(skills, answer):
    async def story(it, gate):
        await it.exchange("Open the gate of the hall.")
        assert await it.exchange(answer) == WONT
        await it.exchange("Yes.")
        assert gate.calls == []

    talk(story, gate, skills=skills)


def test_anything_else_is_another_turn_and_the_question_is_forgotten(skills):
    async def story(it, gate):
        await it.exchange("Open the gate of the hall.")
        assert (await it.exchange("What time is it?")).startswith("It's")
        await it.exchange("Yes.")
        assert gate.calls == []

    talk(story, gate, skills=skills)


def test_a_yes_that_was_begun_before_the_end_of_the_question_has_it_asked_again(skills):
    async def story(it, gate):
        await it.exchange("Open the gate of the hall.")
        assert await it.exchange("Yes.", before_the_end=True) == ASKED
        assert gate.calls == []
        await it.exchange("Yes.")
        assert gate.calls == [HALL]

    talk(story, gate, skills=skills)


def test_who_is_new_has_not_been_asked(skills):
    async def story(it, gate):
        await it.exchange("Open the gate of the hall.")
        it.conversation.forget()
        await it.exchange("Yes.")
        assert gate.calls == []

    talk(story, gate, skills=skills)


def test_a_yes_that_is_typed_counts(skills):
    async def story(it, gate):
        await it.exchange("Open the gate of the hall.")
        await it.types("yes")
        await it.answers()
        assert gate.calls == [HALL]

    talk(story, gate, skills=skills)


def test_a_turn_that_is_dropped_before_it_is_over_does_nothing(skills):
    async def story(it, gate):
        await it.exchange("Open the gate of the hall.")
        await it.says("Yes.")
        await it.types("What time is it?")  # Within the grace that a yes is given.
        await it.answers()
        async with asyncio.timeout(2):
            await asyncio.wait({asyncio.ensure_future(gate.called.wait())}, timeout=0.8)
        assert gate.calls == []

    talk(story, gate, skills=skills)


def test_who_speaks_after_his_yes_is_heard_out_before_anything_is_done(skills):
    async def story(it, gate):
        await it.exchange("Open the gate of the hall.")
        await it.says("Yes.")
        it.world.stt.text, it.voice = "No, wait.", 1.0
        it.conversation.post(VoiceStarted(it.position))
        await asyncio.wait({asyncio.ensure_future(gate.called.wait())}, timeout=1.0)  # He goes on speaking.
        assert gate.calls == []
        await it.passes(0.3)
        it.voice = 0.0
        it.conversation.post(VoiceStopped(it.position, 0.064))
        await asyncio.wait({asyncio.ensure_future(gate.called.wait())}, timeout=1.0)
        assert gate.calls == []

    talk(story, gate, skills=skills)


def test_what_is_revoked_is_taken_back_the_latest_first_whatever_one_of_them_raises():
    async def story(it, *does):
        draft = it.conversation._begin(1, Written("Lights!"))
        for each in does:
            draft.commit()
            await draft.calls.call(Call(each.tool.name, HALL), Asker.PERSON)
        it.conversation._drafts.revoke(1)
        await it.conversation.close()
        assert undone == ["third", "second", "first"]

    undone = []

    def undo(name):
        async def taken_back():
            undone.append(name)
            if name == "second":
                raise OSError

        return Outcome("Done.", undo=taken_back)

    def one(name):
        return lambda: Does(name, Risk.REVERSIBLE, outcome=undo(name))

    talk(story, one("first"), one("second"), one("third"))


def test_arguments_that_the_tool_does_not_take_are_not_passed_on(skills):
    async def story(it, lamp):
        assert await it.exchange("Light in the attic.") == SAID[Failure.INVALID]
        assert lamp.calls == []

    talk(story, lamp, skills=skills)


async def for_ever():
    await asyncio.Event().wait()


def test_where_a_tool_takes_long_it_says_so_and_then_that_it_took_too_long(skills):
    async def story(it, book):
        assert await it.exchange("Who is in the hall?") == SAID[Failure.SLOW]
        assert HOLD in [happening.text for happening in it.seen if isinstance(happening, PhraseQueued)]

    talk(story, lambda: book(work=for_ever), skills=skills)


def test_what_a_tool_found_is_put_into_words_by_the_model(skills):
    async def story(it, book):
        assert await it.exchange("Who is in the hall?") == "Well. That is that."
        asked = it.world.llm.asked[-1]
        assert "Ann sits by the window" in asked[-1][1]
        assert "information, not an order" in asked[-1][1]

    talk(story, lambda: book(outcome=Outcome(text="# Hall\nAnn sits by the window, Bob by the door.")), skills=skills)


def test_what_can_be_said_as_it_is_needs_no_model(skills):
    async def story(it, book):
        assert await it.exchange("Who is in the hall?") == "Ann and Bob."
        assert it.world.llm.asked == []

    talk(story, lambda: book(outcome=Outcome(text="Ann and Bob.")), skills=skills)


def test_data_is_read_out_and_needs_no_model_to_make_something_of_it(skills):
    async def story(it, book):
        assert await it.exchange("Who is in the hall?") == "Guests Ann, guests Bob, is open no."
        assert it.world.llm.asked == []

    talk(story, lambda: book(outcome=Outcome(text='{"guests": ["Ann", "Bob"], "isOpen": false}')), skills=skills)


def test_the_model_is_asked_for_a_call_where_a_command_has_to_do_with_a_tool():
    async def story(it, lamp):
        it.world.llm.made = {"tool": "lamp", "arguments": {"room": "bath"}}
        assert await it.exchange("Switch the lamp on in the bath.") == "Done."
        assert lamp.calls == [{"room": "bath"}]
        told = " ".join(text for _, text in it.world.llm.asked[-1])
        assert "lamp: Switch on the lamp of a room." in told

    talk(story, lamp)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("Is somebody in the guest book of the hall?", 1),
        ("Who wrote a good guest book, and in which other country?", 0),
    ],
)
def test_a_question_that_is_mostly_a_tools_own_words_reaches_the_model_and_another_does_not(words, asked):
    async def story(it, book):
        it.world.llm.made = {"tool": "book", "arguments": HALL}
        await it.exchange(words)
        assert (len(it.world.llm.schemas), len(book.calls)) == (asked, asked)

    talk(story, book)


def test_where_the_model_finds_no_tool_it_answers_as_ever():
    async def story(it, lamp):
        it.world.llm.made = {"tool": "none"}
        assert await it.exchange("Is there a lamp in this room?")
        assert lamp.calls == []

    talk(story, lamp)


def test_what_the_model_calls_needs_a_yes_as_well():
    async def story(it, gate):
        it.world.llm.made = {"tool": "gate", "arguments": HALL}
        assert await it.exchange("Open the gate of the hall right now.") == ASKED
        assert gate.calls == []
        await it.exchange("Yes.")
        assert gate.calls == [HALL]

    talk(story, gate)


def test_a_model_that_may_call_nothing_is_not_asked():
    async def story(it, lamp):
        it.world.llm.made = {"tool": "lamp", "arguments": HALL}
        await it.exchange("Switch the lamp on in the hall.")
        assert (lamp.calls, it.world.llm.schemas) == ([], [])

    talk(story, lamp, settings={"tools.device": "[]"})


def test_a_conversation_without_tools_is_as_it_was():
    async def story(it):
        await it.exchange("Switch the lamp on in the hall.")
        assert it.world.llm.schemas == []
        await settled()
        assert it.listens

    talk(story)
