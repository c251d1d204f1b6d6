"""The agent beside another one: the same clips, the same room, the same models, one right after the other.

The peer is measured as we are, by the same code, from the room's recording. Its first clip is played once before, and
not counted: our own engines have proven themselves by then as well.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edge_agent.app.engines import model_file
from edge_agent.base.errors import EdgeAgentError
from edge_agent.base.paths import paths
from edge_agent.base.settings import Settings
from edge_agent.bench import latency, recordings
from edge_agent.bench.latency import Progress
from edge_agent.bench.peer_environment import environment
from edge_agent.bench.peer_process import Program, running
from edge_agent.bench.peers import Peer
from edge_agent.bench.recordings import Intent
from edge_agent.supply.catalogue import Kind
from edge_agent.talk.ear.room import Room
from edge_agent.talk.mind.llm import STOPS
from edge_agent.workers import budget

PIPECAT = (
    # Without `local-smart-turn` and `local`: torch, and a sound card's library, are not needed.
    "pipecat-ai[piper,silero,whisper]==1.14.0",
    # What `python -m llama_cpp.server` imports; llama_cpp itself is ours.
    "diskcache",
    "fastapi",
    "jinja2",
    "pydantic-settings",
    "sse-starlette",
    "starlette-context",
    "uvicorn",
)

REQUIREMENTS = {Peer.PIPECAT: PIPECAT}
"""What is asked of pip."""

_PROGRAMS = {Peer.PIPECAT: "pipecat_local.py"}

Say = Callable[[str], None]


async def compared(
    peer: Peer, data: Path, settings: Settings, count: int, *, progress: Progress, say: Say
) -> tuple[dict[str, Any], EdgeAgentError | None]:
    """Measure us and then the peer; return the report, with `peer` in it, or without and why.

    What fails on the peer's side costs none of our own figures.
    """
    try:
        started = await program(peer, settings, say)
    except EdgeAgentError as error:
        say(f"{error}; measuring without it")
        return await latency.run(data, settings, count, progress), error
    ours = await latency.run(data, settings, count, progress)
    try:
        theirs = await measured(started, latency.chosen(recordings.intents(data), count), settings, progress)
    except EdgeAgentError as error:
        return ours, error
    return {**ours, "peer": beside(ours, theirs)}, None


def folder(peer: Peer) -> Path:
    """Where its environment is kept."""
    return paths().cache / "peers" / peer.value


async def program(peer: Peer, settings: Settings, say: Say) -> Program:
    """Make sure that it is installed, and say how it is started with our models."""
    python = await environment(folder(peer), REQUIREMENTS[peer], say)
    threads = budget.share(settings.workers.threads)
    options = {
        "whisper": str(model_file(settings, Kind.STT).parent),
        "gguf": str(model_file(settings, Kind.LLM)),
        "voice": str(next(model_file(settings, Kind.TTS).parent.glob("*.onnx"))),
        "persona": settings.mind.persona,
        "context_tokens": settings.mind.context_tokens,
        "reply_tokens": settings.mind.reply_tokens,
        "temperature": settings.mind.temperature,
        "stop": STOPS,
        "threads": threads.llm,
    }
    script = Path(__file__).parent / "peers" / _PROGRAMS[peer]
    variables = {**budget.environment(threads.stt), "LOGURU_LEVEL": "WARNING"}
    return Program(peer.value, (str(python), "-I", str(script)), options, variables)


async def measured(program: Program, clips: Sequence[Intent], settings: Settings, progress: Progress) -> dict[str, Any]:
    """Play the clips to a peer; return its report, with its name and version."""
    clips = [*clips[:1], *clips]
    room = Room(keep_s=len(clips) * 30.0)
    async with running(program, room, settings.audio.lead_ms) as talker:
        asked = await latency.converse(clips, room, talker, lambda *at: progress(program.name, *at))
    answers = latency.answers(program.name, asked[1:], room)
    return {"name": program.name, "version": talker.version, **latency.report(answers)}


def beside(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Return the peer's figures and our share of them, where the model answers on both sides (kind `local`)."""
    local = ours["by_kind"]["local"]
    shares = {
        f"ratio_{of}": round(local[f"{of}_ms"] / theirs[f"{of}_ms"], 3)
        if local[f"{of}_ms"] and theirs[f"{of}_ms"]
        else None
        for of in ("p50", "p95")
    }
    told = ("name", "version", "n", "answered", "false_cutoffs", "p50_ms", "p95_ms", "answers")
    return {**{key: theirs[key] for key in told}, **shares}
