"""Voice to voice over a cloud on loopback that takes its time: the whole agent, human recordings, real sound.

Of the orders, to an agent that knows no grammar for them, the router sends more than half to the cloud; those count.
"""

import asyncio
import os
from statistics import median

import numpy as np
import pytest

from edge_agent.app.timeline import Stage
from edge_agent.base.layers import load
from edge_agent.bench import latency
from edge_agent.bench.recordings import intents
from edge_agent.talk.mind.skills import Skills
from tests.sim.clouds import proxy
from tests.sim.engines import model_folder, recordings

pytestmark = [pytest.mark.long, pytest.mark.models, pytest.mark.recordings, pytest.mark.timeout(1200)]

CLIPS = int(os.environ.get("CLIPS", "15"))


@pytest.fixture
def tiny(tmp_path):
    model_folder("smollm2-135m")
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(tmp_path)
    yield {"models.profile": "tiny"}
    del os.environ["XDG_STATE_HOME"]
    if before is not None:
        os.environ["XDG_STATE_HOME"] = before


@pytest.mark.parametrize("first_token_s", [0.3, 3.0])
def test_how_soon_it_is_heard(tiny, first_token_s):
    async def measured():
        async with proxy(latency_s=first_token_s) as cloud:
            named = [{"name": "loopback", "base_url": cloud.url, "model": "any"}]
            settings = load(tiny | {"cloud.providers": named})
            clips = latency.chosen(intents(recordings()), CLIPS)
            play = latency._play
            return await play(clips, "cloud", Skills(), settings, lambda *_: None)

    answers = asyncio.run(measured())
    answered = [answer for answer in answers if answer.ms is not None and not answer.cut_off]
    heard = [answer for answer in answered if answer.timeline and _of_the_cloud(answer.timeline)]
    ms = [answer.ms for answer in heard]
    print(f"\nfirst token after {first_token_s} s: {len(answered)} of {len(answers)} answered,")
    print(f"{len(heard)} of them by the cloud")
    print(f"p50 {median(ms):.0f} ms, p95 {np.percentile(ms, 95):.0f} ms, worst {max(ms):.0f} ms")
    lines = [answer.timeline for answer in heard if answer.timeline]
    print(f"a holding line came first in {sum(Stage.HOLD in line.stamps for line in lines)} of {len(lines)}")
    for stage in Stage:
        at = [line.since_speech_end_ms(stage) for line in lines if line.since_speech_end_ms(stage) is not None]
        if at:
            print(f"  {stage.value:14}{median(at):6.0f}  ({len(at)})")
    assert len(answered) > 0.8 * len(answers)


def _of_the_cloud(line):
    return line.provider != "" or Stage.HOLD in line.stamps
