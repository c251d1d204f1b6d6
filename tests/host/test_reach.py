"""`doctor --cloud`: which providers can be reached, and what to do about the others."""

import asyncio

from edge_agent.base.settings_cloud import CloudSettings
from edge_agent.host.check import Verdict
from edge_agent.host.reach import NOBODY, reach
from tests.sim.audio_cloud import audio_cloud, ear, mouth
from tests.sim.clouds import Fault, provider, proxy, settings


def checked(**arguments):
    async def told():
        async with proxy(**arguments) as cloud:
            made = await reach(settings(provider("sky", cloud.url), provider("gone", "https://nowhere.invalid/v1")))
            return made, cloud.seen

    return asyncio.run(told())


def test_each_provider_is_told_apart_and_no_word_is_sent():
    (sky, gone), seen = checked()
    assert (sky.id, sky.verdict) == ("cloud.sky", Verdict.OK)
    assert (gone.id, gone.verdict, gone.fix) == ("cloud.gone", Verdict.FAILED, "Check the network, and base_url.")
    assert [(request.path, request.body) for request in seen] == [("/v1/models", "")]


def test_a_key_that_is_refused_is_said_to_be():
    (sky, _), _ = checked(fault=Fault.REFUSED)
    assert sky.verdict is Verdict.FAILED
    assert "key" in sky.fix


def test_a_key_that_is_not_there_is_said_to_be_missing():
    (check,) = asyncio.run(reach(settings(provider("sky", "https://a.example/v1", key_env="NO_SUCH_KEY"))))
    assert check.verdict is Verdict.FAILED
    assert "NO_SUCH_KEY" in check.message


def test_an_ear_and_a_voice_elsewhere_are_asked_as_well():
    async def told():
        async with audio_cloud() as (cloud, url):
            made = await reach(CloudSettings(stt=(ear(url),), tts=(mouth(url),)))
            return made, (cloud.probed, cloud.heard, cloud.said)

    made, seen = asyncio.run(told())
    assert [(check.id, check.verdict) for check in made] == [("cloud.ear", Verdict.OK), ("cloud.mouth", Verdict.OK)]
    assert seen == (2, [], [])


def test_where_no_provider_is_named_nothing_is_sent():
    (check,) = asyncio.run(reach(CloudSettings()))
    assert (check.verdict, check.message) == (Verdict.OK, NOBODY)
