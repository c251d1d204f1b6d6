"""Each engine's known-answer test, for `edge-agent doctor`: the one that a worker passes before it says `ready`."""

import asyncio
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from edge_agent.app.engines import hearing, model_file, speaking, started, thinking
from edge_agent.base.errors import EngineError
from edge_agent.base.frames import CHUNK
from edge_agent.base.settings import Settings
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet.models import Models, models
from edge_agent.talk.ear.vad import Silero
from edge_agent.workers.process import Worker


def vad(settings: Settings) -> str:
    """The voice detector hears no voice in silence, and is quicker than sound."""
    detector = Silero(model_file(settings, Kind.VAD))
    began = time.perf_counter()
    loudest = max(detector.probability(np.zeros(CHUNK, np.float32)) for _ in range(100))
    each_ms = 10 * (time.perf_counter() - began)
    if loudest >= 0.5:
        raise EngineError("the voice detector hears a voice in silence", hint="edge-agent models verify")
    return f"silence is silence; {each_ms:.1f} ms for each 32 ms"


def engine(describe: Callable[[Models], tuple[object, Worker]], settings: Settings) -> str:
    """A worker starts, and its engine knows the answer."""

    async def prove() -> str:
        _, worker = describe(models(settings))
        async with started(worker):
            return f"the known answer came; ready in {worker.load_s:.1f} s, {worker.memory_mb:.0f} MB"

    return asyncio.run(prove())


PROOFS = {"vad": vad} | {
    name: partial(engine, describe) for name, describe in (("stt", hearing), ("llm", thinking), ("tts", speaking))
}
