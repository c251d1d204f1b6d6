"""What the keys of `talk` do to a conversation: a real one, whose engines are not asked."""

import asyncio
from io import StringIO

from rich.console import Console

from edge_agent.app.agent import Agent
from edge_agent.app.attending import Attending
from edge_agent.app.conversation import Conversation
from edge_agent.base.events import FloorTaken, Muted, Typed, Unmuted
from edge_agent.base.settings import EarSettings, Settings
from edge_agent.cli.keyboard import Keyboard
from edge_agent.cli.screen import Screen
from edge_agent.talk.ear.waking import Waking
from tests.sim.rooms import World


def pressed(*keys, muted=False, wake="off"):
    """Press keys; return what the conversation was told, what is being typed, and whether somebody wants to leave."""

    async def pressing():
        told, left = [], []
        conversation = Conversation(
            World().rooms,
            Settings(),
            judge=None,
            position=lambda: 0,
            deafen=lambda deaf: None,
            meet=lambda: None,
            watch=lambda happening: None,
        )
        if muted:
            conversation.post(Muted())

        def post(event):
            told.append(event)
            conversation.post(event)

        screen = Screen(Console(file=StringIO()), "")
        attending = Attending(EarSettings(wake=wake), Waking(), post, lambda notes: None, lambda happening: None)
        agent = Agent(conversation, None, None, None, None, attending, None, None, post, None, dict)
        keyboard = Keyboard(agent, screen, lambda: left.append(True))
        for key in keys:
            keyboard.press(key)
        attending.close()
        await conversation.close()
        return told, screen.typing, bool(left)

    return asyncio.run(pressing())


def test_space_takes_the_floor():
    assert pressed(" ") == ([FloorTaken()], None, False)


def test_space_opens_the_ear_of_a_muted_agent_first():
    assert pressed(" ", " ", muted=True)[0] == [Unmuted(), FloorTaken()]


def test_space_wakes_an_agent_that_sleeps_and_takes_the_floor_of_one_that_does_not():
    assert pressed(" ", " ", wake="okay_nabu")[0] == [FloorTaken()]


def test_m_closes_the_ear_and_opens_it():
    assert pressed("m", "m", "m")[0] == [Muted(), Unmuted(), Muted()]


def test_q_leaves():
    assert pressed("q") == ([], None, True)


def test_other_keys_do_nothing():
    assert pressed("x", "\n", "\x1b", "é", "Q") == ([], None, False)


def test_what_is_typed_is_asked_at_the_end_of_the_line():
    assert pressed("t", *"hello") == ([], "hello", False)
    assert pressed("t", *" hello ", "\n") == ([Typed("hello")], None, False)


def test_while_it_is_typed_every_key_is_a_letter():
    assert pressed("t", *"mq t", "\n") == ([Typed("mq t")], None, False)


def test_the_last_letter_can_be_taken_back_and_the_whole_line_too():
    assert pressed("t", *"helo", "\x7f", *"lo", "\n")[0] == [Typed("hello")]
    assert pressed("t", "\x7f", "a") == ([], "a", False)
    assert pressed("t", *"hello", "\x1b") == ([], None, False)


def test_an_empty_line_asks_nothing():
    assert pressed("t", "\n") == ([], None, False)
    assert pressed("t", " ", "\n") == ([], None, False)


def test_control_keys_are_no_letters():
    assert pressed("t", "a", "\t", "\x01", "b")[1] == "ab"
