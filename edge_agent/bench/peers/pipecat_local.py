"""Pipecat as its users would run it on one machine, with a socket where the sound card would be. A program of its own.

Run by the Python of the peer's environment as ``pipecat_local.py FD OPTIONS``: FD is an inherited stream socket,
OPTIONS a JSON object (see `main`). `peer_line.py` describes what is said on the socket and holds the other end.

1. Everything is Pipecat's default that a local pipeline's author would leave alone: Silero and its parameters, Smart
   Turn v3 at the end of a turn, whole sentences to the voice. The models are the ones that it is told.
2. Sound goes in as 20 ms frames, as Pipecat's own transport for sound cards has it. It goes out at once, 20 ms ahead of
   the card's clock, which is the number of samples that came in: no clock of this process decides.
3. The language model is served by llama.cpp's own server on the loopback interface, a child of this process.
"""

import asyncio
import json
import socket
import struct
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMMessagesUpdateFrame,
    OutputAudioRawFrame,
    StartFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.piper.tts import PiperTTSService
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner

RATE_IN_HZ = 16_000
FRAME_BYTES = RATE_IN_HZ // 50 * 2
"""20 ms."""

AHEAD_S = 0.02
"""Sound that the loudspeaker's side may hold before it is due."""

HEADER = struct.Struct("<cI")
"""Kind and size of a message."""

SERVER_S = 60.0
"""Longest load of the language model."""


class SoundCard:
    """The socket: what comes in drives the clock, what goes out waits for it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._captured_s = 0.0
        self._played_until_s = 0.0
        self._tick = asyncio.Condition()

    async def read(self) -> tuple[bytes, bytes] | None:
        """Kind and content of the next message; None when the other side is gone."""
        try:
            kind, size = HEADER.unpack(await self._reader.readexactly(HEADER.size))
            content = await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        if kind == b"m":
            async with self._tick:
                self._captured_s += len(content) / 2 / RATE_IN_HZ
                self._tick.notify_all()
        return kind, content

    def tell(self, kind: bytes, content: bytes = b"") -> None:
        self._writer.write(HEADER.pack(kind, len(content)) + content)

    async def play(self, sound: bytes, seconds: float) -> None:
        """Send it at once; return when the next one is due."""
        self.tell(b"s", sound)
        async with self._tick:
            self._played_until_s = max(self._played_until_s, self._captured_s) + seconds
            await self._tick.wait_for(lambda: self._captured_s >= self._played_until_s - AHEAD_S)


class Microphone(BaseInputTransport):
    """Frames of 20 ms."""

    def __init__(self, params: TransportParams) -> None:
        super().__init__(params)
        self._waiting = bytearray()

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def hear(self, sound: bytes) -> None:
        self._waiting += sound
        while len(self._waiting) >= FRAME_BYTES:
            audio = bytes(self._waiting[:FRAME_BYTES])
            del self._waiting[:FRAME_BYTES]
            await self.push_audio_frame(InputAudioRawFrame(audio=audio, sample_rate=RATE_IN_HZ, num_channels=1))


class Loudspeaker(BaseOutputTransport):
    """Plays into the socket."""

    def __init__(self, params: TransportParams, card: SoundCard) -> None:
        super().__init__(params)
        self._card = card

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        await self._card.play(frame.audio, len(frame.audio) / 2 / frame.sample_rate)
        return True


class LlamaServer(OpenAILLMService):
    """llama.cpp's server refuses messages of the role "developer"; Pipecat asks subclasses to say so."""

    supports_developer_role = False


async def main(channel: socket.socket, options: dict[str, Any]) -> None:
    """Talk until the socket is closed.

    Options: `whisper`, `voice`, `gguf` (paths), `persona`, `reply_tokens`, `temperature`, `stop`, `context_tokens`,
    `threads`.
    """
    reader, writer = await asyncio.open_connection(sock=channel)
    card = SoundCard(reader, writer)
    voice = Path(options["voice"])
    # The voice's own rate: nothing has to be resampled on the way.
    rate_out_hz = json.loads(voice.with_name(voice.name + ".json").read_text())["audio"]["sample_rate"]
    params = TransportParams(audio_in_enabled=True, audio_out_enabled=True)
    microphone, loudspeaker = Microphone(params), Loudspeaker(params, card)
    async with _llama(options) as address:
        worker = PipelineWorker(
            Pipeline(_stages(microphone, loudspeaker, voice, address, options)),
            params=PipelineParams(audio_in_sample_rate=RATE_IN_HZ, audio_out_sample_rate=rate_out_hz),
            # Five quiet minutes would end the pipeline.
            idle_timeout_secs=None,
        )

        @worker.event_handler("on_pipeline_started")
        async def started(_worker: PipelineWorker, _frame: Frame) -> None:
            card.tell(b"r", json.dumps({"version": version("pipecat-ai"), "rate_hz": rate_out_hz}).encode())

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        running = asyncio.create_task(runner.run())
        hearing = asyncio.create_task(_hear(card, microphone, worker))
        await asyncio.wait([running, hearing], return_when=asyncio.FIRST_COMPLETED)
        await runner.cancel()
        await running
        hearing.cancel()


async def _hear(card: SoundCard, microphone: Microphone, worker: PipelineWorker) -> None:
    while (message := await card.read()) is not None:
        match message:
            case (b"m", sound):
                await microphone.hear(sound)
            case (b"i", _):
                await worker.queue_frame(InterruptionFrame())
            case (b"f", _):
                await worker.queue_frame(LLMMessagesUpdateFrame(messages=[], run_llm=False))
                card.tell(b"f")


def _stages(
    microphone: Microphone, loudspeaker: Loudspeaker, voice: Path, address: str, options: dict[str, Any]
) -> list[Any]:
    """Build Pipecat's pipeline, in the order of its documentation."""
    stt = WhisperSTTService(
        device="cpu", compute_type="int8", settings=WhisperSTTService.Settings(model=options["whisper"])
    )
    llm = LlamaServer(
        api_key="none",
        base_url=address,
        settings=LlamaServer.Settings(
            model="local",
            system_instruction=options["persona"],
            max_tokens=options["reply_tokens"],
            temperature=options["temperature"],
            extra={"stop": options["stop"]},
        ),
    )
    tts = PiperTTSService(download_dir=voice.parent, settings=PiperTTSService.Settings(voice=voice.stem))
    user, assistant = LLMContextAggregatorPair(
        LLMContext(), user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    )
    return [microphone, stt, user, llm, tts, loudspeaker, assistant]


@asynccontextmanager
async def _llama(options: dict[str, Any]) -> AsyncIterator[str]:
    """Serve the model on a free port of the loopback interface, and yield the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-I", "-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", port]
    command += ["--verbose", "false", "--model", options["gguf"], "--n_ctx", str(options["context_tokens"])]
    command += ["--n_threads", str(options["threads"]), "--n_threads_batch", str(options["threads"])]
    address = f"http://127.0.0.1:{port}/v1"
    server = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await asyncio.wait_for(_answers(address, server), SERVER_S)
        yield address
    finally:
        with suppress(ProcessLookupError):
            server.terminate()
        await server.wait()


async def _answers(address: str, server: asyncio.subprocess.Process) -> None:
    def asked() -> bool:
        try:
            with urllib.request.urlopen(f"{address}/models", timeout=1):
                return True
        except OSError:
            return False

    while not await asyncio.to_thread(asked):
        if server.returncode is not None:
            raise RuntimeError(f"llama_cpp.server left with exit code {server.returncode}")
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(main(socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2])))
