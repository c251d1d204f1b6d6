"""Let a generation out where it can do no harm: in processes without network, that may neither write much nor grow.

Run as `python -m edge_agent.supply.fleet.canary`, with a JSON object on standard input: `new` and `old` (model's kind →
its folder), `words` (wake words' files), `readable` (folders that it may read), `limit_mb`, `threads`,
`context_tokens`, `persona`, `answers` (`kind`, `given`, `expect`, `min_ms`, `max_ms`). Prints a JSON object with
`reason`, which is empty if all is well.

1. It locks itself into a cage (`cage.py`) before a byte of a model is read, and before there is a second thread. Its
   children inherit that.
2. Each model is loaded by the very worker that the agent would start, so the worker's own known-answer test comes
   first, then the release's.
3. The same questions are put to the models in use. Slower by more than `speed.SLOWER_MAX`, by the clock or by the
   processor's time, is not good enough. The limit is wider than probation's: this machine is busy, and three answers
   are few. Who seems slow is asked again, and the models in use as well.
"""

import asyncio
import json
import os
import sys
import time
import wave
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_agent.base.errors import EdgeAgentError, ModelError
from edge_agent.supply.fleet.cage import lock_down
from edge_agent.supply.fleet.speed import Took, too_slow
from edge_agent.workers.process import Spec, Worker
from edge_agent.workers.wire import JSON

ROUNDS = 3
TRIES = 3

MODULES = {"stt": "whisper", "llm": "llama", "tts": "piper"}
"""The worker of each kind."""

_RATE_HZ = 16_000
_REPLY_TOKENS = 32
_START_TIMEOUT_S = 120.0
_ANSWER_TIMEOUT_S = 30.0
_TOLD = 60
"""Letters of a wrong answer that are told."""


def _processor_s(pid: int | None) -> float:
    """Return the processor's time that a process has used, all its threads together."""
    if pid is None:
        raise ProcessLookupError("the worker is gone")
    return time.clock_gettime(
        ~pid << 3 | 2
    )  # its clock, as clock_getcpuclockid(3) names it; a worker's /proc is closed


@dataclass(frozen=True, slots=True)
class Meters:
    """What time is read from, s."""

    clock: Callable[[], float] = time.monotonic
    processor: Callable[[int | None], float] = _processor_s
    """Of the process with that number."""


class Canary:
    """What is asked of it, by whom it is answered, and how long that takes."""

    def __init__(self, asked: Mapping[str, Any], meters: Meters | None = None) -> None:
        self._asked = asked
        self._meters = meters or Meters()

    async def run(self) -> str:
        """Return why the new models are not good enough; nothing if they are."""
        for kind, folder in self._asked["new"].items():
            if kind not in MODULES:
                _load_network(Path(folder))
                continue
            answers = [answer for answer in self._asked["answers"] if answer["kind"] == kind]
            took = await self._try(kind, folder, answers, checks=True)
            old = self._asked["old"].get(kind)
            if old and answers and old != folder and (reason := await self._slow(kind, took, folder, old, answers)):
                return reason
        for path in self._asked["words"]:
            _load_word(Path(path))
        return ""

    async def _slow(self, kind: str, took: Took, folder: str, old: str, answers: Sequence[Mapping[str, Any]]) -> str:
        """Say that the new model is slower than it may be beside the old one; nothing if it is not."""
        news, olds = [took], [await self._try(kind, old, answers, checks=False)]
        while (reason := too_slow(kind, Took.fastest(news), Took.fastest(olds))) and len(news) < TRIES:
            news.append(await self._try(kind, folder, answers, checks=True))
            olds.append(await self._try(kind, old, answers, checks=False))
        return reason

    async def _try(self, kind: str, folder: str, answers: Sequence[Mapping[str, Any]], *, checks: bool) -> Took:
        """Load one model, ask it everything, and return what an answer takes on average, each at its fastest."""
        threads: int = self._asked["threads"]
        options: dict[str, JSON] = {"folder": folder, "threads": threads}
        if kind == "llm":
            options["context_tokens"] = self._asked["context_tokens"]
        module = f"edge_agent.workers.{MODULES[kind]}"
        worker = Worker(Spec(kind, module, options, threads, _START_TIMEOUT_S, _ANSWER_TIMEOUT_S))
        await worker.start()
        try:
            return Took.average([
                Took.fastest([await self._answer(kind, worker, answer, checks) for _ in range(ROUNDS)])
                for answer in answers
            ])  # fmt: skip
        finally:
            await worker.stop()

    async def _answer(self, kind: str, worker: Worker, answer: Mapping[str, Any], checks: bool) -> Took:
        """Ask it once; ModelError for a wrong answer that counts."""
        clock, processor = self._meters.clock(), self._meters.processor(worker.pid)
        fault = await self._ask(kind, worker, answer)
        took = Took((self._meters.clock() - clock) * 1000, (self._meters.processor(worker.pid) - processor) * 1000)
        if fault and checks:
            raise ModelError(fault)
        return took

    async def _ask(self, kind: str, worker: Worker, answer: Mapping[str, Any]) -> str:
        match kind:
            case "stt":
                heard = [str(fields["text"]) for fields, _ in await _all(worker, {}, _clip(Path(answer["given"])))]
                return _compare(kind, " ".join(heard), answer)
            case "llm":
                said = [str(fields.get("text", "")) for fields, _ in await _all(worker, self._question(answer))]
                return _compare(kind, "".join(said), answer)
        sound = await _all(worker, {"units": [answer["given"]], "speed": 1.0})
        # 32-bit samples
        ms = sum(len(payload) / 4 / fields["rate_hz"] for fields, payload in sound) * 1000
        fits = answer["min_ms"] <= ms <= answer["max_ms"]
        return "" if fits else f"tts spoke for {ms:.0f} ms instead of {answer['min_ms']} to {answer['max_ms']}"

    def _question(self, answer: Mapping[str, Any]) -> dict[str, JSON]:
        persona: str = self._asked["persona"]
        messages = [{"role": "system", "content": persona}] if persona else []
        messages.append({"role": "user", "content": answer["given"]})
        return {
            "do": "reply",
            "messages": messages,
            "words": "",
            "reply_tokens": _REPLY_TOKENS,
            "temperature": 0.0,
            "stop": [],
        }


async def _all(
    worker: Worker, fields: Mapping[str, JSON], payload: bytes = b""
) -> list[tuple[Mapping[str, JSON], bytes]]:
    async with aclosing(worker.run(fields, payload)) as items:
        return [(item.fields, item.payload) async for item in items]


def _compare(kind: str, said: str, answer: Mapping[str, Any]) -> str:
    heard = _plain(said)
    if any(f" {_plain(expected)} " in f" {heard} " for expected in answer["expect"]):
        return ""
    return f"{kind} gave another answer than is known to be right: {heard[:_TOLD]}"


def _plain(text: str) -> str:
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.casefold()).split())


def _clip(path: Path) -> bytes:
    import numpy as np

    with wave.open(str(path)) as clip:
        if (clip.getframerate(), clip.getnchannels(), clip.getsampwidth()) != (_RATE_HZ, 1, 2):
            raise ModelError(f"{path.name} must be mono, 16 bits, {_RATE_HZ} Hz")
        samples = np.frombuffer(clip.readframes(clip.getnframes()), np.int16)
    return (samples / np.float32(32768)).astype(np.float32).tobytes()


def _load_network(folder: Path) -> None:
    """Load what runs in the agent's own process, where a crash would be the agent's."""
    import onnxruntime

    for path in sorted(folder.glob("*.onnx")):
        onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def _load_word(model: Path) -> None:
    """The same for a wake word; its features lie beside it."""
    from pyopen_wakeword import OpenWakeWord, OpenWakeWordFeatures
    from pyopen_wakeword.openwakeword import _find_tensorflowlite_c

    library = _find_tensorflowlite_c()
    features = [model.with_name(name) for name in ("melspectrogram.tflite", "embedding_model.tflite")]
    OpenWakeWordFeatures(*features, libtensorflowlite_c_path=library)
    OpenWakeWord.from_model(model, library)


def main() -> int:
    """Answer what is asked on standard input."""
    out = os.dup(1)
    os.dup2(2, 1)  # libraries print
    asked = json.loads(sys.stdin.buffer.read())
    lock_down(asked["limit_mb"], map(Path, asked["readable"]))
    canary = Canary(asked)
    try:
        reason = asyncio.run(canary.run())
    except EdgeAgentError as error:
        reason = str(error)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    os.write(out, json.dumps({"reason": reason}).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
