"""The whole agent: real engines and a room in real time. What counts is what is heard in the room.

One agent lives through all scenes of this file, as it would on a device; each scene begins when nobody speaks.
"""

import os
import signal

import numpy as np
import pytest

from edge_agent.app.happenings import Noted, PhraseQueued, StateChanged, WordsHeard
from edge_agent.app.timeline import Stage
from edge_agent.base.events import Announced, FloorTaken, Muted, Typed, Unmuted
from edge_agent.base.frames import RATE_HZ, dbfs
from edge_agent.bench import recordings as of_people
from edge_agent.talk.floor.rules import APOLOGY
from edge_agent.talk.floor.state import State
from tests.sim.engines import recordings
from tests.sim.live import SOON_MS

pytestmark = [pytest.mark.models, pytest.mark.alone]

# A question and its answer.


def test_a_question_is_answered_in_the_room_and_remembered_as_it_was_heard(scene, lines):
    async def story(it):
        end = await it.asked(lines["time"])
        (turn,) = await it.answers()
        assert "time is it" in turn.user.lower()
        assert turn.reply.startswith("It's ")
        assert (turn.kind, turn.heard, turn.interrupted) == ("skill", turn.reply, False)
        assert it.sounds_at(end) is not None

    scene(story)


def test_the_record_says_what_the_room_heard(scene, lines):
    async def story(it):
        end = await it.asked(lines["time"])
        (turn,) = await it.answers()
        assert turn.stamps[Stage.SPEECH_END] == pytest.approx(end, abs=0.25 * RATE_HZ)
        assert turn.stamps[Stage.FIRST_SAMPLE] == pytest.approx(it.sounds_at(end), abs=0.15 * RATE_HZ)
        stamps = [turn.stamps[stage] for stage in (Stage.SPEECH_END, Stage.SOFT_END, Stage.HARD_END)]
        assert stamps == sorted(stamps)

    scene(story)


def test_a_question_that_no_skill_knows_is_answered_by_the_model_and_its_words_are_shown(scene, lines):
    async def story(it):
        await it.asked(lines["france"])
        (turn,) = await it.answers()
        assert turn.kind == "local"
        assert "france" in turn.user.lower()
        assert turn.heard == turn.reply != ""
        finals = [words.text for words in it.of(WordsHeard) if words.final]
        assert finals == [turn.user]
        assert " ".join(phrase.text for phrase in it.of(PhraseQueued)) == turn.reply
        assert [change.state for change in it.of(StateChanged)][-2:] == [State.SPEAKING, State.LISTENING]

    scene(story)


def test_a_timer_that_was_asked_for_rings_in_the_room(scene, lines):
    async def story(it):
        await it.asked(lines["timer"])
        confirmed, rung = await it.answers(2)
        assert confirmed.kind == "skill"
        assert confirmed.reply.startswith("Timer set for ")
        assert (rung.kind, rung.user) == ("announcement", "")
        assert rung.heard == rung.reply != ""
        assert it.sounds_at(rung.stamps[Stage.FIRST_SAMPLE] - RATE_HZ // 10) is not None
        since_set_s = (rung.stamps[Stage.HARD_END] - confirmed.stamps[Stage.HARD_END]) / RATE_HZ
        assert 1.9 < since_set_s < 10

    scene(story)


def test_a_quieter_voice_is_quieter_in_the_room(scene):
    async def story(it):
        async def level_of(text, count):
            start = it.room.position
            it.agent.post(Typed(text))
            await it.answers(count)
            return dbfs(it.voice(start))

        before = await level_of("what time is it", 1)
        await level_of("set the volume to 20 percent", 2)
        after = await level_of("what time is it", 3)
        await level_of("set the volume to 80 percent", 4)
        assert after - before == pytest.approx(20 * np.log10(0.2 / 0.8), abs=2)

    scene(story)


# Interruptions.


def test_speaking_over_it_makes_it_silent_and_only_what_was_heard_counts_as_said(scene, lines):
    async def story(it):
        it.agent.post(Typed("Tell me a long story about the moon and the sea."))
        await it.until(lambda: it.speaks)
        await it.person.passes(it.room.position + RATE_HZ)
        assert it.speaks
        onset = it.room.position + int(np.flatnonzero(np.abs(lines["over"]) > 0.01)[0])
        await it.asked(lines["over"])
        cut = (await it.answers())[0]
        silent_ms = it.silent_after_ms(onset)
        assert 0 < silent_ms < SOON_MS
        heard, reply = cut.heard.split(), cut.reply.split()
        assert 0 < len(heard) < len(reply)
        assert reply[: len(heard)] == heard
        answer = (await it.answers(2))[1]
        assert answer.user != ""
        print(f"silent {silent_ms:.0f} ms after the first sample")  # noqa: T201 (shown by pytest -s)

    scene(story)


def test_the_talk_key_silences_it_and_it_remembers_what_was_heard(scene):
    async def story(it):
        it.agent.post(Typed("Tell me a long story about the moon and the sea."))
        await it.until(lambda: it.speaks)
        await it.person.passes(it.room.position + RATE_HZ)
        pressed = it.room.position
        it.agent.post(FloorTaken())
        (cut,) = await it.answers()
        assert it.listens
        await it.person.hears_silence(0.5)
        assert it.silent_after_ms(pressed) < SOON_MS
        assert cut.interrupted
        it.agent.post(Typed("What did you say?"))
        again = (await it.answers(2))[1]
        assert again.reply == cut.heard

    scene(story)


def test_a_noise_gets_no_answer(scene):
    async def story(it):
        random = np.random.default_rng(1)
        cough = random.standard_normal(RATE_HZ // 4) * np.geomspace(0.3, 0.003, RATE_HZ // 4)
        start, end = it.person.says(cough.astype(np.float32))
        await it.person.passes(end + 2 * RATE_HZ)
        assert it.ended == []
        assert it.listens
        assert it.sounds_at(start) is None

    scene(story)


@pytest.mark.recordings
def test_the_noises_of_a_house_get_no_answer(scene):
    clips = [sound for sound in of_people.noises(recordings()) if "nonspeech" in sound.label][:3]

    async def story(it):
        start = it.room.position
        for clip in clips:
            await it.asked(of_people.load(clip.path)[: 2 * RATE_HZ])
        await it.person.passes(it.room.position + 2 * RATE_HZ)
        assert it.ended == []
        assert it.sounds_at(start) is None

    scene(story)


# What the owner closes.


def test_muted_means_deaf_and_what_is_typed_is_answered_all_the_same(scene, lines):
    async def story(it):
        it.agent.post(Muted())
        await it.until(lambda: it.agent.conversation.muted)
        await it.person.passes(it.room.position + RATE_HZ)  # What was heard before is still on its way.
        it.seen.clear()
        end = await it.asked(lines["time"])
        await it.person.passes(end + RATE_HZ)
        assert it.seen == []
        it.agent.post(Typed("what time is it"))
        (turn,) = await it.answers()
        assert turn.heard.startswith("It's ")
        assert it.sounds_at(end) is not None
        assert it.agent.conversation.muted
        it.agent.post(Unmuted())
        await it.person.hears_silence(0.4)
        await it.asked(lines["time"])
        assert (await it.answers(2))[1].heard.startswith("It's ")

    scene(story)


# Engines that die.


@pytest.mark.parametrize("engine", ["stt", "llm", "tts"])
def test_an_engine_that_is_killed_in_mid_turn_costs_that_turn_and_no_more(scene, lines, engine):
    async def story(it):
        worker = next(worker for worker in it.agent.workers if worker.spec.name == engine)
        killed = worker.pid
        if engine == "stt":
            _, end = it.person.says(lines["france"])
            await it.person.passes(end - RATE_HZ // 2)
        else:
            it.agent.post(Typed("Tell me a long story about the moon and the sea."))
            await it.until(lambda: it.of(PhraseQueued))
        os.kill(killed, signal.SIGKILL)
        await it.until(lambda: worker.ready and worker.pid != killed)
        await it.until(lambda: it.listens or it.speaks)
        notes = [note.text for note in it.of(Noted)]
        assert f"the {engine} engine failed and is being restarted" in notes
        # A job that only waited is done by the successor; one that was under way is lost, and apologised for.
        if any("was killed" in note for note in notes):
            await it.until(lambda: APOLOGY in " ".join(phrase.text for phrase in it.of(PhraseQueued)))
        it.agent.post(FloorTaken())
        await it.rests()
        if engine == "llm":
            it.agent.post(Typed("What is the capital of France?"))
        else:
            await it.asked(lines["time"])
        (turn,) = await it.answers()
        assert turn.heard == turn.reply not in ("", APOLOGY)

    scene(story)


def test_the_apology_is_said_while_the_voice_is_down(scene):
    async def story(it):
        voice = next(worker for worker in it.agent.workers if worker.spec.name == "tts")
        killed = voice.pid
        os.kill(killed, signal.SIGKILL)
        it.agent.post(Announced(APOLOGY))
        await it.until(lambda: it.speaks)
        assert voice.pid == killed or not voice.ready
        (turn,) = await it.answers()
        assert turn.heard == APOLOGY
        await it.until(lambda: voice.ready and voice.pid != killed)

    scene(story)
