"""Somebody speaks while the agent does: the conversation with engines that do what a test tells them.

Who gets the floor is told in tests/talk/floor; here it is what becomes of the sound, of the memory and of the effects.
"""

import asyncio

import numpy as np

from edge_agent.app.conversation import Conversation
from edge_agent.app.happenings import TurnEnded
from edge_agent.base.events import Announced, FloorTaken, Typed, VoiceStarted, VoiceStopped
from edge_agent.base.frames import CHUNK, RATE_HZ, Heard
from edge_agent.base.layers import load
from edge_agent.talk.floor.state import State
from edge_agent.talk.mind.context import Memory
from tests.sim.rooms import FakeLlm, FakeStt, World, settled

STORY = ("The moon is old, and the sea is older. ", "They have met every night since. ")
CHUNK_S = CHUNK / RATE_HZ


class Talk:
    """A conversation whose time is told: `passes` moves the microphone and the loudspeaker."""

    def __init__(self, **floor):
        self.world = World(stt=FakeStt(), llm=FakeLlm(STORY))
        self.seen = []
        self.position = 0
        self.voice = 0.0
        self.told = 0
        settings = load({f"floor.{name}": str(value) for name, value in {"hold_ms": 0, "merge_ms": 0, **floor}.items()})
        self.conversation = Conversation(
            self.world.rooms,
            settings,
            judge=self.judge,
            position=lambda: self.position,
            deafen=lambda deaf: None,
            meet=lambda: None,
            watch=self.seen.append,
        )

    async def judge(self, samples):
        return 1.0

    async def passes(self, seconds):
        sound = []
        for _ in range(max(1, round(seconds / CHUNK_S))):
            heard = Heard(self.position, np.full(CHUNK, self.voice, np.float32), self.voice, -20.0)
            sound.append(self.world.plays(0.03))
            self.position += CHUNK
            self.conversation.hear(heard)
            await self.hears_the_speaker()
        return np.concatenate(sound)

    async def hears_the_speaker(self):
        for event in self.world.speaker_events[self.told :]:
            self.conversation.post(event)
        self.told = len(self.world.speaker_events)
        await settled()

    async def begins(self, text=""):
        self.world.stt.text = text
        self.voice = 1.0
        self.conversation.post(VoiceStarted(self.position))
        await settled()

    async def stops(self):
        self.voice = 0.0
        self.conversation.post(VoiceStopped(self.position, 0.064))
        await settled()

    async def says(self, text, seconds=0.5):
        await self.begins(text)
        await self.passes(seconds)
        await self.stops()

    async def thinks_about(self, text):
        """Somebody says this, and nothing has sounded yet."""
        await self.says(text)
        self.conversation.post(FloorTaken())
        await settled()
        assert self.state is State.THINKING

    async def asks(self, text):
        """Somebody says this, and the first half second of the answer sounds."""
        await self.thinks_about(text)
        await self.passes(0.5)
        assert self.state is State.SPEAKING

    async def until_told(self, number):
        while len(self.ended) < number:
            await self.passes(0.1)

    async def until_silent(self):
        while self.state is State.SPEAKING:
            await self.passes(0.1)

    @property
    def state(self):
        return self.conversation.state

    @property
    def ended(self):
        return [happening.timeline for happening in self.seen if isinstance(happening, TurnEnded)]


def talk(story, **floor):
    async def held():
        it = Talk(**floor)
        try:
            await story(it)
        finally:
            await it.conversation.close()
            it.world.chores.close()

    asyncio.run(held())


def test_a_backchannel_over_the_agent_is_heard_out_in_silence_and_the_story_is_told_to_its_end():
    async def story(it):
        await it.asks("tell me a story")
        await it.says("Mm-hm.")
        assert it.state is State.SPEAKING
        await it.until_silent()
        (told,) = it.ended
        assert told.heard == told.reply == "".join(STORY).strip()

    talk(story)


def test_who_was_heard_and_not_understood_silences_the_agent():
    async def story(it):
        await it.asks("tell me a story")
        it.world.stt.doubted = "Whipped."
        await it.says("")
        assert it.state is State.LISTENING
        assert [record.interrupted for record in it.ended] == [True]
        assert not (await it.passes(0.5)).any()

    talk(story)


def test_while_an_answer_is_held_nothing_sounds():
    async def story(it):
        await it.asks("tell me a story")
        await it.begins()
        await it.passes(0.05)
        assert it.state is State.HELD
        assert not (await it.passes(0.5)).any()

    talk(story)


def test_an_interruption_is_answered_and_the_model_is_told_where_it_was_cut():
    async def story(it):
        await it.asks("tell me a story")
        await it.says("What about the sun?")
        assert it.state is State.PAUSED
        (cut,) = it.ended
        assert cut.interrupted
        assert "".join(STORY).startswith(cut.heard)
        it.conversation.post(FloorTaken())
        await settled()
        assert it.world.llm.asked[-1][1:] == [
            ("user", "tell me a story"),
            ("assistant", cut.heard + "—"),
            ("user", "What about the sun?"),
        ]

    talk(story)


def test_the_model_is_told_of_the_interruption_even_if_it_had_not_said_more_yet():
    async def story(it):
        it.world.llm.before_gate = 1
        it.world.llm.gate.clear()
        it.world.llm.pieces = ("The moon is old. They", " met.")
        await it.asks("tell me a story")
        await it.passes(1)
        await it.says("What about the sun?")
        it.conversation.post(FloorTaken())
        await settled()
        assert it.world.llm.asked[-1][2] == ("assistant", "The moon is old.—")

    talk(story)


def test_words_that_stop_it_are_known_while_they_are_being_said():
    async def story(it):
        await it.asks("tell me a story")
        await it.begins("Wait.")
        await it.passes(0.3)
        assert it.state is State.HEARING
        assert len(it.ended) == 1

    talk(story)


def test_a_noise_over_the_agent_costs_nothing():
    async def story(it):
        await it.asks("tell me a story")
        await it.says("")
        assert it.state is State.SPEAKING
        await it.until_silent()
        assert [told.interrupted for told in it.ended] == [False]

    talk(story)


def test_who_goes_on_just_after_the_first_word_is_answered_as_a_whole_and_nothing_half_heard_is_remembered():
    async def story(it):
        await it.asks("set a timer for five minutes")
        assert len(it.world.chores.world(Memory()).timers) == 1
        await it.begins("set a timer for five minutes and thirty seconds")
        await it.passes(0.5)
        assert it.state is State.HEARING
        assert it.world.chores.world(Memory()).timers == ()
        await it.stops()
        seconds, final = it.world.stt.heard[-1]
        assert final
        assert seconds > 1.4, "the audio of both halves"
        it.conversation.post(FloorTaken())
        await settled()
        assert [timer.timer.duration_s for timer in it.world.chores.world(Memory()).timers] == [330]
        await it.passes(0.5)
        await it.until_silent()
        (told,) = it.ended
        assert (told.user, told.revision) == ("set a timer for five minutes and thirty seconds", 1)

    talk(story, merge_ms=2000)


def test_a_noise_while_it_thinks_neither_takes_the_answer_back_nor_begins_it_anew():
    async def story(it):
        it.world.llm.gate.clear()
        await it.thinks_about("tell me a story")
        await it.begins()
        await it.passes(0.3)
        await it.stops()
        assert it.state is State.THINKING
        it.world.llm.gate.set()
        await it.until_told(1)
        (told,) = it.ended
        assert (told.draft, told.heard) == (1, "".join(STORY).strip())
        assert len(it.world.llm.asked) == 1

    talk(story)


def test_an_answer_that_is_ready_while_somebody_clears_his_throat_waits_for_the_end_of_that_and_no_longer():
    async def story(it):
        it.world.llm.gate.clear()
        await it.thinks_about("tell me a story")
        await it.begins()
        it.world.llm.gate.set()
        assert not (await it.passes(0.3)).any()
        await it.stops()
        assert (await it.passes(0.1)).any()

    talk(story)


def test_who_goes_on_while_it_thinks_is_answered_as_a_whole():
    async def story(it):
        it.world.llm.gate.clear()
        await it.thinks_about("tell me a story")
        await it.says("tell me a story about the moon", 0.4)
        assert it.state is State.PAUSED
        it.world.llm.gate.set()
        it.conversation.post(FloorTaken())
        await it.until_told(1)
        (told,) = it.ended
        assert (told.user, told.revision) == ("tell me a story about the moon", 1)
        assert [asked[-1][1] for asked in it.world.llm.asked] == ["tell me a story", "tell me a story about the moon"]

    talk(story)


def test_a_timer_that_rings_is_silent_once_somebody_says_okay_and_nobody_answers_that():
    async def story(it):
        it.conversation.post(Announced("Your pasta timer is done. It has been ten minutes."))
        await it.passes(0.3)
        await it.says("Okay, thanks.")
        assert it.state is State.LISTENING
        assert not (await it.passes(1)).any()
        (rung,) = it.ended
        assert rung.interrupted

    talk(story)


def test_who_interrupts_and_asks_it_to_go_on_hears_every_word_of_the_story_once():
    async def story(it):
        await it.asks("tell me a story")
        it.conversation.post(FloorTaken())
        await it.asks("go on")
        await it.until_silent()
        cut, rest = it.ended
        assert cut.interrupted
        assert f"{cut.heard} {rest.heard}" == "".join(STORY).strip()
        assert len(it.world.llm.asked) == 1

    talk(story)


def test_an_alarm_that_was_interrupted_goes_on_when_it_is_asked_to():
    async def story(it):
        it.conversation.post(Announced("Your pasta timer is done. It has been ten minutes."))
        await it.passes(0.3)
        await it.says("What about the sun?")
        it.conversation.post(FloorTaken())
        await it.until_told(2)
        await it.says("what were you saying")
        it.conversation.post(FloorTaken())
        await it.until_told(3)
        alarm, _, rest = it.ended
        assert f"{alarm.heard} {rest.heard}" == alarm.reply

    talk(story)


def test_a_story_goes_on_after_an_alarm_that_was_acknowledged():
    async def story(it):
        await it.asks("tell me a story")
        it.conversation.post(FloorTaken())
        await settled()
        it.conversation.post(Announced("Your pasta timer is done. It has been ten minutes."))
        await it.passes(0.3)
        await it.says("Okay.")
        await it.asks("continue")
        await it.until_silent()
        cut, _, rest = it.ended
        assert f"{cut.heard} {rest.heard}" == "".join(STORY).strip()

    talk(story)


def test_a_list_goes_on_with_the_item_that_was_cut():
    async def story(it):
        for name in ("pasta", "egg", "tea"):
            await it.asks(f"set a {name} timer for ten minutes")
            await it.until_silent()
        await it.asks("how much time is left")
        it.conversation.post(FloorTaken())
        await it.asks("keep going")
        await it.until_silent()
        cut, rest = it.ended[-2:]
        assert cut.interrupted
        assert f"{cut.heard} {rest.heard}" == cut.reply

    talk(story)


def test_what_is_typed_over_a_held_answer_is_all_that_sounds():
    async def story(it):
        await it.asks("tell me a story")
        await it.begins()
        await it.passes(0.1)
        assert it.state is State.HELD
        it.conversation.post(Typed("what time is it"))
        await settled()
        await it.passes(0.1)
        assert it.state is State.SPEAKING
        await it.until_silent()
        cut, told = it.ended
        assert (cut.interrupted, told.interrupted) == (True, False)
        assert told.heard.startswith("It's ")

    talk(story)
