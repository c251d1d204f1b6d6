"""Each engine's known-answer test, for `edge-agent doctor`: the one that a worker passes before it says `ready`."""

import time

from edge_agent.base.errors import EngineError
from edge_agent.base.frames import CHUNK
from edge_agent.base.paths import paths
from edge_agent.base.settings import Settings


def vad(settings: Settings) -> str:
    """The voice detector hears no voice in silence, and is quicker than sound."""
    import numpy as np

    from edge_agent.supply import catalogue
    from edge_agent.supply.store import Store
    from edge_agent.talk.ear.vad import Silero

    model = catalogue.load(settings.models.catalogue).chosen(settings.models)[catalogue.Kind.VAD]
    detector = Silero(Store(settings.models.folder or paths().models).folder(model) / model.files[0].name)
    began = time.perf_counter()
    loudest = max(detector.probability(np.zeros(CHUNK, np.float32)) for _ in range(100))
    each_ms = 10 * (time.perf_counter() - began)
    if loudest >= 0.5:
        raise EngineError("the voice detector hears a voice in silence", hint="edge-agent models verify")
    return f"silence is silence; {each_ms:.1f} ms for each 32 ms"
