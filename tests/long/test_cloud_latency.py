"""Voice to voice over a cloud on loopback that takes its time: the whole agent, human recordings, real sound.

What is said are orders that the router hands over where no grammar knows them. The agent is as it ships, and decides
itself where each of them goes; those that went to the cloud count, and nearly all must have.
"""

import asyncio
import os
from statistics import median

import numpy as np
import pytest

from edge_agent.app.timeline import Stage
from edge_agent.base.layers import load
from edge_agent.bench.latency import for_a_cloud, play, told_apart
from edge_agent.bench.recordings import intents
from edge_agent.talk.mind.skills import Skills
from tests.sim.clouds import proxy
from tests.sim.engines import model_folder, recordings

pytestmark = [pytest.mark.long, pytest.mark.models, pytest.mark.recordings, pytest.mark.timeout(1200)]

CLIPS = int(os.environ.get("CLIPS", "14"))
"""About seven seconds each, twice."""

PROFILE = os.environ.get("PROFILE", "tiny")


@pytest.fixture
def as_shipped(tmp_path):
    model_folder("smollm2-135m")
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(tmp_path)
    yield {"models.profile": PROFILE}
    del os.environ["XDG_STATE_HOME"]
    if before is not None:
        os.environ["XDG_STATE_HOME"] = before


@pytest.mark.parametrize("first_token_s", [0.3, 3.0])
def test_how_soon_it_is_heard(as_shipped, first_token_s):
    async def measured():
        async with proxy(latency_s=first_token_s) as cloud:
            named = [{"name": "loopback", "base_url": cloud.url, "model": "any"}]
            settings = load(as_shipped | {"cloud.providers": named})
            clips = await for_a_cloud(intents(recordings()), settings, CLIPS)
            return told_apart(await play(clips, "cloud", Skills(), settings, lambda *_: None)), len(cloud.asked)

    answers, questions = asyncio.run(measured())
    timely = [answer for answer in answers if answer.ms is not None and not answer.cut_off]
    heard = [answer for answer in timely if answer.kind == "cloud"]
    ms = [answer.ms for answer in heard]
    lines = [answer.timeline for answer in heard]
    print(f"\nfirst token after {first_token_s} s: {len(timely)} of {len(answers)} answered, ", end="")
    print(f"{sum(answer.cut_off for answer in answers)} cut off; {len(heard)} went to the cloud, ", end="")
    print(f"which was asked {questions} times")
    assert len(heard) >= 0.8 * len(answers), "too few went to the cloud to tell anything of it"
    print(f"p50 {median(ms):.0f} ms, p95 {np.percentile(ms, 95):.0f} ms, worst {max(ms):.0f} ms")
    print(f"a holding line came first in {sum(Stage.HOLD in line.stamps for line in lines)} of {len(lines)}")
    for stage in Stage:
        at = [line.since_speech_end_ms(stage) for line in lines if line.since_speech_end_ms(stage) is not None]
        if at:
            print(f"  {stage.value:14}{median(at):6.0f}  ({len(at)})")
    print("  " + " ".join(f"{answer.ms:.0f}" for answer in heard))
