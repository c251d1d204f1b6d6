"""Endpoints that hear and speak instead of the device: what is sent, and that nothing of theirs silences it."""

import asyncio
import io
import re
import wave
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from edge_agent.app.leaving import Leaving
from edge_agent.app.speech import speech
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.settings import PrivacySettings, Settings
from edge_agent.base.settings_cloud import CloudSettings
from edge_agent.talk.mind.cloud import budget
from edge_agent.talk.mind.cloud.breaker import COOL_MIN_S, State
from edge_agent.talk.mind.cloud.purse import Purse
from edge_agent.talk.mind.privacy import Record
from edge_agent.talk.mind.privacy.record import last_kept
from edge_agent.talk.voice.cloud_tts import estimated
from tests.sim.audio_cloud import LETTER_S, Trouble, audio_cloud, ear, mouth, tone
from tests.sim.audio_cloud import RATE_HZ as CLOUD_HZ
from tests.sim.rooms import FakeStt, FakeTts

pytestmark = pytest.mark.alone

SOUND = np.full(RATE_HZ, 0.25, np.float32)
TROUBLES = [trouble for trouble in Trouble if trouble is not Trouble.NONE]


@dataclass
class Device:
    """What the engines are here: they do at once what they are told."""

    stt: FakeStt
    tts: FakeTts


@asynccontextmanager
async def rooms(cloud=None, told=None, folder=None, **privacy):
    device = Device(FakeStt("the device heard this"), FakeTts())
    settings = Settings(cloud=cloud or CloudSettings(), privacy=PrivacySettings(**privacy))
    with TemporaryDirectory() as own:
        state = folder or Path(own)
        leaves = Leaving(Purse(settings.cloud, state / budget.FILE), Record(settings.privacy, state))
        tell = told.append if told is not None else lambda _: None
        async with speech(settings, device, lambda noted: tell(noted.text), leaves) as spoken:
            yield spoken, device
        await leaves.purse.close()


async def said(tts, text):
    return [piece async for piece in tts.synthesise(text)]


def test_an_endpoint_hears_what_may_be_over_and_nothing_else():
    told = []

    async def play():
        async with audio_cloud() as (cloud, url), rooms(CloudSettings(stt=(ear(url),)), told) as (spoken, device):
            glance = await spoken.stt.transcribe(SOUND, final=False)
            assert (glance.text, cloud.heard) == ("the device heard this", [])
            final = await spoken.stt.transcribe(SOUND, final=True)
            assert (final.text, final.seconds) == ("the cloud heard this", 1.0)
            assert (await spoken.stt.leanings(SOUND, ["tea"])).pieces == ()
            assert (await spoken.stt.again(SOUND, ["tea"], []))[0].text == ""
            assert [was_final for _, was_final in device.stt.heard] == [False]
            (body,) = cloud.heard
            with wave.open(io.BytesIO(body[body.index(b"RIFF") :])) as wav:
                assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (RATE_HZ, 1, 2)
            assert spoken.notice == "What you say to me is sent, as sound, to ear."

    asyncio.run(play())
    assert told == ["sound leaves this device: what is said is sent to ear (cloud.stt)"]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.value)
def test_whatever_an_ear_does_the_device_hears(trouble):
    async def play():
        async with (
            audio_cloud(trouble=trouble) as (cloud, url),
            rooms(CloudSettings(stt=(ear(url, timeout_s=0.5),))) as (spoken, _),
        ):
            for _ in range(3):
                assert (await spoken.stt.transcribe(SOUND, final=True)).text == "the device heard this"
            assert len(cloud.heard) <= 2  # Then nobody waits for it any more.

    asyncio.run(play())


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.value)
def test_whatever_a_voice_does_the_device_speaks_and_says_it_once(trouble):
    async def play():
        async with (
            audio_cloud(trouble=trouble) as (cloud, url),
            rooms(CloudSettings(tts=(mouth(url, timeout_s=0.5),))) as (spoken, device),
        ):
            for _ in range(3):
                (piece,) = await said(spoken.tts, "Good morning.")
                assert piece.rate_hz == RATE_HZ
            assert device.tts.said == 3 * ["Good morning."]
            assert len(cloud.said) <= 2

    asyncio.run(play())


def test_a_late_ear_is_not_waited_for_and_its_breaker_learns_of_it():
    async def play():
        async with (
            audio_cloud(trouble=Trouble.HANG) as (cloud, url),
            rooms(CloudSettings(stt=(ear(url, timeout_s=1.5),))) as (spoken, _),
        ):
            assert (await spoken.stt.transcribe(SOUND, final=True)).text == "the device heard this"
            (late,) = spoken.stt._late  # It is still under way.
            await asyncio.wait({late})
            assert spoken.stt._relay.healths["ear"].breaker.failures == 1
            assert len(cloud.heard) == 1

    asyncio.run(play())


def test_a_turn_that_goes_on_closes_the_connection():
    async def play():
        async with (
            audio_cloud(trouble=Trouble.HANG) as (cloud, url),
            rooms(CloudSettings(stt=(ear(url),))) as (spoken, _),
        ):
            turn = asyncio.create_task(spoken.stt.transcribe(SOUND, final=True))
            async with asyncio.timeout(30):
                while not cloud.heard:  # noqa: ASYNC110 (it arrives over a socket)
                    await asyncio.sleep(0.01)
            turn.cancel()
            await asyncio.wait({turn})
            assert (turn.cancelled(), spoken.stt._late) == (True, set())

    asyncio.run(play())


def test_the_next_endpoint_stands_in_for_one_that_fails():
    async def play():
        async with (
            audio_cloud(trouble=Trouble.BROKEN) as (_, bad),
            audio_cloud(words="second") as (_, good),
            rooms(CloudSettings(stt=(ear(bad, "first"), ear(good, "second")))) as (spoken, device),
        ):
            assert (await spoken.stt.transcribe(SOUND, final=True)).text == "second"
            assert device.stt.heard == []

    asyncio.run(play())


def test_one_that_is_back_is_used_again_and_nobody_waits_to_find_out():
    told = []

    async def play():
        async with (
            audio_cloud(trouble=Trouble.BROKEN) as (cloud, url),
            rooms(CloudSettings(stt=(ear(url),)), told) as (spoken, _),
        ):
            for _ in range(2):
                await spoken.stt.transcribe(SOUND, final=True)
            relay = spoken.stt._relay
            cloud.trouble = Trouble.NONE
            breaker = relay.healths["ear"].breaker
            assert breaker.state(asyncio.get_running_loop().time()) is State.OPEN
            past = replace(breaker, open_until=breaker.open_until - 2 * COOL_MIN_S)
            relay.healths["ear"] = replace(relay.healths["ear"], breaker=past)
            assert (await spoken.stt.transcribe(SOUND, final=True)).text == "the device heard this"
            await asyncio.gather(*relay._probes.values())
            assert cloud.probed == 1
            assert (await spoken.stt.transcribe(SOUND, final=True)).text == "the cloud heard this"

    asyncio.run(play())
    assert told[1:] == ["ear is broken (HTTP 500); the device does it until it is back", "ear can be reached again"]


def test_an_endpoint_s_voice_is_heard_whole_with_words_at_about_their_places():
    async def play():
        async with audio_cloud() as (cloud, url), rooms(CloudSettings(tts=(mouth(url),))) as (spoken, device):
            (piece,) = await said(spoken.tts, "Meet me at 3:30.")
            assert cloud.said == ["Meet me at three thirty."]
            assert (piece.text, piece.rate_hz) == ("Meet me at 3:30.", CLOUD_HZ)
            assert piece.samples.size == round(LETTER_S * CLOUD_HZ * len(cloud.said[0]))
            assert " ".join(word.text for word in piece.words) == "Meet me at 3:30."
            assert device.tts.said == []

    asyncio.run(play())


def test_words_share_the_sound_between_its_silences():
    sound = np.concatenate([np.zeros(100), tone("x") / 32768, np.zeros(300)]).astype(np.float32)
    words = estimated([("3:30", "three thirty"), ("now", "now")], sound)
    assert words[0].start >= 100
    assert words[0].end == words[1].start
    assert words[-1].end <= sound.size - 300
    assert estimated([("hm", "hm")], np.zeros(10, np.float32))[0].end == 10


def test_what_is_private_is_said_by_the_device_alone():
    async def play():
        async with audio_cloud() as (cloud, url), rooms(CloudSettings(tts=(mouth(url),))) as (spoken, device):
            await said(spoken.tts, "Your card is 4111 1111 1111 1111.")
            assert (cloud.said, len(device.tts.said)) == ([], 1)

    asyncio.run(play())


def test_where_nothing_may_leave_nothing_is_sent_and_that_is_said():
    told = []

    async def play():
        async with audio_cloud() as (cloud, url):
            chosen = CloudSettings(stt=(ear(url),), tts=(mouth(url),))
            async with rooms(chosen, told, local_only=True) as (spoken, device):
                assert (spoken.stt, spoken.tts, spoken.notice) == (device.stt, device.tts, "")
                await spoken.stt.transcribe(SOUND, final=True)
            assert (cloud.heard, cloud.open) == ([], set())

    asyncio.run(play())
    assert told == ["nothing may leave this device (privacy.local_only): cloud.stt and cloud.tts are not used"]


# What it costs.


def test_what_was_heard_and_spoken_is_paid_and_on_record_and_survives_a_restart(tmp_path):
    async def play():
        async with audio_cloud() as (_, url):
            chosen = CloudSettings(stt=(ear(url, price_minute=0.06),), tts=(mouth(url, price_in=100.0),))
            async with rooms(chosen, folder=tmp_path, keep_last=True) as (spoken, _):
                await spoken.stt.transcribe(SOUND, final=True)
                await said(spoken.tts, "Good morning.")

    asyncio.run(play())
    asyncio.run(play())
    spent = budget.read(tmp_path / budget.FILE)
    assert (spent.heard_ms, spent.spoken_chars, spent.questions) == (2000, 2 * len("Good morning."), 0)
    assert (spent.micros, spent.wasted_micros) == (2 * (1000 + 100 * len("Good morning.")), 0)
    sent = last_kept(tmp_path)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", sent["sound"].at)
    assert (sent["sound"].provider, sent["sound"].messages) == ("ear", (("sound", "1.0 s of what was said"),))
    assert (sent["speech"].provider, sent["speech"].messages) == ("mouth", (("speech", "Good morning."),))


def test_p16_where_the_day_s_money_is_spent_nothing_is_sent_and_the_device_does_it(tmp_path):
    async def play():
        async with audio_cloud() as (cloud, url):
            named = {"stt": (ear(url, price_minute=0.06),), "tts": (mouth(url, price_in=100.0),)}
            async with rooms(CloudSettings(money_per_day=0.0015, **named), folder=tmp_path) as (spoken, device):
                assert (await spoken.stt.transcribe(SOUND, final=True)).text == "the cloud heard this"
                assert (await spoken.stt.transcribe(SOUND, final=True)).text == "the device heard this"
                await said(spoken.tts, "Good morning.")
                assert (len(cloud.heard), cloud.said, device.tts.said) == (1, [], ["Good morning."])
                assert spoken.stt._relay.healths["ear"].breaker.failures == 0

    asyncio.run(play())


@pytest.mark.parametrize(("trouble", "paid"), [(Trouble.BROKEN, 0), (Trouble.BUSY, 0), (Trouble.NONSENSE, 1000)])
def test_what_an_endpoint_did_not_do_costs_nothing_and_what_it_did_in_vain_is_wasted(tmp_path, trouble, paid):
    async def play():
        async with (
            audio_cloud(trouble=trouble) as (_, url),
            rooms(CloudSettings(stt=(ear(url, price_minute=0.06),)), folder=tmp_path) as (spoken, _),
        ):
            await spoken.stt.transcribe(SOUND, final=True)

    asyncio.run(play())
    spent = budget.read(tmp_path / budget.FILE)
    assert (spent.micros, spent.wasted_micros) == (paid, paid)
