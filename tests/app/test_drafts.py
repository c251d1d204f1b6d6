"""One attempt at an answer: what it holds back, what it lets go, and how it ends."""

import asyncio

import numpy as np
import pytest

from edge_agent.app.draft import HELD_MAX
from edge_agent.app.drafts import Drafts
from edge_agent.app.happenings import Noted, NothingSaid
from edge_agent.app.questions import Announcement, Spoken, Written
from edge_agent.app.timeline import Stage
from edge_agent.base.errors import EngineError
from edge_agent.base.events import DraftEmpty, ReplyFailed, SpeechFinished, SpeechStarted
from edge_agent.base.frames import RATE_HZ
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.router import UNABLE
from edge_agent.talk.mind.skills import Skills
from tests.sim.drafts import first_draft
from tests.sim.rooms import FakeLlm, FakeStt, FakeTts, World, settled

QUESTION = Written("Why is the sky blue?")
SENTENCES = ("First one. ", "Second one. ", "Third one. ", "Fourth one. ", "Fifth one. ")


class Attempt:
    """Draft 1 in a world of its own, and all that it told."""

    def __init__(self, memory=None, **engines):
        self.world = World(**engines)
        self.told = []
        self.phrases = []
        self.words = []
        self.draft = first_draft(
            self.world.rooms,
            memory=lambda: memory or Memory(),
            position=RATE_HZ,
            on_words=lambda draft: self.words.append(draft.words),
            on_phrase=self.phrases.append,
        )
        self.drafts = Drafts(self.told.append, self.told.append)

    async def asked(self, question=QUESTION):
        self.drafts.begin(self.draft, question)
        await settled()

    @property
    def failures(self):
        return [event for event in self.told if isinstance(event, ReplyFailed)]


def live(story, *arguments, **engines):
    async def lived():
        attempt = Attempt(*arguments, **engines)
        try:
            await story(attempt)
        finally:
            await attempt.drafts.close()
            attempt.world.chores.close()

    asyncio.run(lived())


# What is held back.


def test_before_the_commit_nothing_sounds_and_afterwards_all_of_it_does():
    async def story(it):
        await it.asked()
        assert it.world.tts.said == ["Yes, it is."]
        assert not it.world.plays(1.0).any()
        assert it.world.speaker_events == it.phrases == []
        it.draft.commit()
        assert it.world.plays(1.0).any()
        assert it.phrases == ["Yes, it is."]
        assert it.world.speaker_events == [SpeechStarted(1, RATE_HZ), SpeechFinished(1)]
        assert it.world.speaker.heard(1) == it.draft.timeline.reply == "Yes, it is."

    live(story, llm=FakeLlm(("Yes, ", "it is.")))


def test_what_is_made_after_the_commit_goes_straight_to_the_loudspeaker_in_its_order():
    async def story(it):
        await it.asked()
        it.draft.commit()
        assert it.phrases == ["First one."]
        it.world.llm.gate.set()
        await settled()
        assert " ".join(it.phrases) == "".join(SENTENCES).strip()
        it.world.plays(3.0)
        assert it.world.speaker_events[-1] == SpeechFinished(1)

    live(story, llm=FakeLlm(SENTENCES, before_gate=2, gate=asyncio.Event()))


def test_no_more_is_synthesised_ahead_of_the_commit_than_is_held():
    async def story(it):
        await it.asked()
        assert len(it.world.tts.said) == HELD_MAX
        it.draft.commit()
        await settled()
        assert "".join(it.world.tts.said) == "".join(SENTENCES)

    live(story, llm=FakeLlm(SENTENCES))


def test_a_skill_acts_at_the_commit_and_not_before():
    async def story(it):
        await it.asked(Written("set a timer for five minutes"))
        assert it.world.chores.world(Memory()).timers == ()
        assert it.draft.timeline.kind == "skill"
        it.draft.commit()
        assert [timer.left_s for timer in it.world.chores.world(Memory()).timers] == [pytest.approx(300, abs=1)]

    live(story)


def test_a_skill_whose_words_come_after_the_commit_acts_once():
    async def story(it):
        await it.asked(Spoken(np.zeros(RATE_HZ, np.float32)))
        it.draft.commit()
        assert it.world.chores.world(Memory()).timers == ()
        it.world.stt.gate.set()
        await settled()
        assert len(it.world.chores.world(Memory()).timers) == 1

    live(story, stt=FakeStt("Set a timer for five minutes.", gate=asyncio.Event()))


def test_an_order_that_was_misheard_is_understood_by_its_sound(tmp_path):
    (tmp_path / "kiosk.yaml").write_text(KIOSK)
    skills = Skills([tmp_path / "kiosk.yaml"])

    def order(text, second_text=""):
        attempts = []

        async def story(it):
            attempts.append(it)
            await it.asked(Spoken(np.zeros(RATE_HZ, np.float32)))

        live(story, stt=FakeStt(text, second_text=second_text), skills=skills)
        return attempts[0].draft.understood, attempts[0].world.stt.listened_for

    sure, listened_for = order("Can I get a large moka?")
    assert sure is not None
    assert (dict(sure.slots), listened_for) == ({"size": "large", "drink": "mocha"}, [])
    settled_later, listened_for = order("Can I get a lodge lawn tea?", "Can I get a large latte?")
    assert settled_later is not None
    assert dict(settled_later.slots) == {"size": "large", "drink": "latte"}
    assert "latte" in listened_for[0]
    assert order("Why is the sky blue?", "Can I get a large latte?") == (None, [])


KIOSK = """
context:
  expressions:
    order: ["[can I get, make me] a $size:size $drink:drink"]
  slots:
    size: [small, large]
    drink: [latte, mocha]
"""

# What it knows of itself.


def test_the_model_is_asked_with_what_was_heard_before():
    async def story(it):
        await it.asked()
        assert it.world.llm.asked[0][1:] == [
            ("user", "hello"),
            ("assistant", "hi—"),
            ("user", "Why is the sky blue?"),
        ]

    live(story, Memory().remember("hello", "hi", "there."))


def test_who_asks_it_to_go_on_hears_the_rest_of_what_was_cut_off_and_no_model_is_asked():
    async def story(it):
        await it.asked(Written("Please go on."))
        assert (it.world.tts.said, it.world.llm.asked) == (["a time, at sea."], [])
        assert it.draft.timeline.kind == "skill"

    live(story, Memory().remember("tell me a story", "Once upon", "a time, at sea."))


def test_where_nothing_was_cut_off_the_model_goes_on():
    async def story(it):
        await it.asked(Written("Go on."))
        assert it.world.llm.asked[0][-1] == ("user", "Go on.")
        assert it.draft.timeline.kind == "local"

    live(story, Memory().remember("tell me a story", "Once upon a time."))


def test_a_command_that_no_skill_knows_is_refused_and_no_model_is_asked():
    async def story(it):
        await it.asked(Written("Turn off the heater in the bedroom."))
        assert (it.world.tts.said, it.world.llm.asked) == ([UNABLE], [])
        assert it.draft.timeline.kind == "local"
        assert it.draft.sentence_end.result() is None

    live(story)


def test_the_record_has_every_stage_of_a_spoken_question():
    async def story(it):
        await it.asked(Spoken(np.zeros(RATE_HZ, np.float32)))
        it.draft.commit()
        timeline = it.draft.timeline
        of_a_draft = set(Stage) - {Stage.SPEECH_END, Stage.SOFT_END, Stage.JUDGED, Stage.HOLD, Stage.FIRST_SAMPLE}
        assert set(timeline.stamps) == of_a_draft
        assert (timeline.kind, timeline.reply) == ("local", "Yes.")

    live(story, stt=FakeStt("Why is the sky blue?"))


def test_a_reply_without_words_ends_at_once():
    async def story(it):
        await it.asked()
        it.draft.commit()
        it.world.plays(0.1)
        assert it.world.speaker_events == [SpeechFinished(1)]

    live(story, llm=FakeLlm(()))


def test_a_phrase_without_a_sound_does_not_hold_up_the_others():
    class Mute(FakeTts):
        async def synthesise(self, text, start=0, stop=None):
            if text != SENTENCES[0]:
                async for speech in super().synthesise(text, start, stop):
                    yield speech

    async def story(it):
        await it.asked()
        it.draft.commit()
        it.world.plays(1.0)
        assert it.world.speaker.heard(1) == SENTENCES[1].strip()
        assert it.world.speaker_events[-1] == SpeechFinished(1)

    live(story, llm=FakeLlm(SENTENCES[:2]), tts=Mute())


def test_an_announcement_is_said_as_it_stands_and_no_model_is_asked():
    async def story(it):
        await it.asked(Announcement("Your tea is ready."))
        it.draft.commit()
        assert it.phrases == ["Your tea is ready."]
        assert (it.draft.timeline.kind, it.draft.words, it.world.llm.asked) == ("announcement", None, [])

    live(story)


# How it ends.


def test_a_noise_has_nothing_to_answer():
    async def story(it):
        await it.asked(Spoken(np.zeros(RATE_HZ, np.float32)))
        assert it.told == [NothingSaid(), DraftEmpty(1)]
        assert it.words == [""]
        assert it.world.llm.asked == []

    live(story, stt=FakeStt(""))


@pytest.mark.parametrize("room", ["stt", "llm", "tts"])
@pytest.mark.parametrize("error", [EngineError("the engine died"), ValueError("a mistake"), KeyError()])
def test_a_failure_is_told_once_whether_the_engine_was_lost_or_the_mistake_is_ours(room, error):
    async def story(it):
        await it.asked(Spoken(np.zeros(RATE_HZ, np.float32)))
        assert it.failures == [ReplyFailed(1)]
        assert len([told for told in it.told if isinstance(told, Noted) and told.text]) == 1

    engines = {"stt": FakeStt("hello there you"), "llm": FakeLlm(), "tts": FakeTts()}
    engines[room].error = error
    live(story, **engines)


def test_a_judge_that_fails_fails_the_draft():
    async def story(it):
        async def judging():
            raise RuntimeError("no judgement")

        await it.asked()
        it.drafts.beside(it.draft, judging())
        await settled()
        assert it.failures == [ReplyFailed(1)]

    live(story)


def test_a_draft_that_is_dropped_stops_its_engines_and_tells_nobody():
    async def story(it):
        await it.asked()
        assert it.drafts.get(1) is it.draft
        it.drafts.end(1)
        await settled()
        assert (it.told, it.drafts.get(1), it.world.llm.closed) == ([], None, 1)

    live(story, llm=FakeLlm(SENTENCES, before_gate=1, gate=asyncio.Event()))


def test_a_draft_that_is_stopped_is_still_known():
    async def story(it):
        await it.asked()
        it.drafts.stop(1)
        await settled()
        assert it.drafts[1] is it.draft
        assert it.told == []

    live(story, llm=FakeLlm(SENTENCES, before_gate=1, gate=asyncio.Event()))


@pytest.mark.parametrize("end", [Drafts.stop, Drafts.end])
def test_a_phrase_that_arrives_in_the_moment_of_the_silence_is_never_said(end):
    gate = asyncio.Event()

    async def story(it):
        await it.asked()
        it.draft.commit()
        gate.set()
        await asyncio.sleep(0)  # The words are there; the voice is about to hand its first phrase over.
        it.world.speaker.silence()
        end(it.drafts, 1)
        it.world.speaker.forget(1)
        await settled()
        assert it.phrases == []
        assert not it.world.plays(1.0).any()

    live(story, llm=FakeLlm(SENTENCES, before_gate=0, gate=gate))


def test_closing_ends_all_of_them():
    async def story(it):
        await it.asked()
        await it.drafts.close()
        assert (it.world.llm.closed, it.drafts.get(1), it.told) == (1, None, [])

    live(story, llm=FakeLlm(SENTENCES, before_gate=1, gate=asyncio.Event()))
