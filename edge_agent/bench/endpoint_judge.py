"""What the agent knows in each pause of a folder of turns: its own engines are asked, as it asks them.

1. A pause is judged `SOFT_S` into the silence, by Smart Turn, the transcript, the language model and the grammars.
2. Each turn is the first of its conversation: the agent has said nothing yet, and remembers nothing.
3. A turn that is a whole command is not given to the language model, and neither is it here.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from edge_agent.app.judging import commanded
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.base.settings import MindSettings
from edge_agent.bench.endpoint_pauses import Pause, pauses
from edge_agent.bench.recordings import load, turns
from edge_agent.talk.ear.smart_turn import SmartTurn
from edge_agent.talk.floor.endpoint import Evidence
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.llm import LlamaLlm
from edge_agent.talk.mind.skills import Skills
from edge_agent.talk.mind.stt import WhisperStt, whisper
from edge_agent.workers.process import Spec, Worker

WINDOW_S = 28
"""What Whisper hears at once."""


@dataclass(frozen=True, slots=True)
class Models:
    """Where the models are: two folders and a file."""

    smart_turn: Path
    whisper: Path
    language: Path


@dataclass(frozen=True, slots=True)
class Judged:
    """One pause, and what the agent knew in it."""

    pause: Pause
    evidence: Evidence
    with_grammar: Evidence | None = None
    """The same, had the agent been given the folder's grammar; None where the folder has none."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Whom the agent asks."""

    smart_turn: SmartTurn
    stt: WhisperStt
    llm: LlamaLlm
    skills: Skills
    kiosk: Skills | None
    """Its skills with the folder's grammar."""

    async def sentence_end(self, words: str) -> float | None:
        """What the language model thinks of `words` as the first ones of a conversation."""
        told: list[float | None] = []
        async with aclosing(self.llm.reply(Memory().messages(MindSettings().persona, words), told.append)) as reply:
            await anext(reply, None)
        return told[0]

    async def evidence(self, heard: Samples, paused_s: float) -> Evidence:
        """What is known without a grammar of a turn that sounds like `heard` (16 kHz) until the pause."""
        transcript = await self.stt.transcribe(heard[-WINDOW_S * RATE_HZ :], final=True)
        return Evidence(
            smart_turn=self.smart_turn.probability(heard),
            words=transcript.text,
            avg_logprob=transcript.avg_logprob,
            sentence_end=await self.sentence_end(transcript.text),
            paused_s=paused_s,
        )


@asynccontextmanager
async def loaded(models: Models, threads: int, data: Path) -> AsyncIterator[Engines]:
    """Load the models, and the grammar of the folder `data` if it has one."""
    mind = MindSettings()
    options = {"folder": str(models.language), "context_tokens": mind.context_tokens, "threads": threads}
    stt, llm = (
        Worker(whisper(models.whisper, threads)),
        Worker(Spec("llm", "edge_agent.workers.llama", options, threads)),
    )
    grammar = data / "intents" / "grammar.yaml"
    try:
        await stt.start()
        await llm.start()
        yield Engines(
            SmartTurn(models.smart_turn),
            WhisperStt(stt),
            LlamaLlm(llm, mind),
            Skills(),
            Skills([grammar]) if grammar.exists() else None,
        )
    finally:
        await stt.stop()
        await llm.stop()


async def judge(data: Path, engines: Engines, done: Collection[str] = ()) -> AsyncIterator[Judged]:
    """Judge every pause of every turn in `data` but of those clips that are `done`."""
    for turn in (turn for turn in turns(data) if turn.spans_s and turn.path.stem not in done):
        for pause in pauses(turn, load(turn.path)):
            evidence = await engines.evidence(pause.heard, pause.paused_s)
            kiosk = _with(engines.kiosk, evidence) if engines.kiosk else None
            yield Judged(pause, _with(engines.skills, evidence), kiosk)


def _with(skills: Skills, evidence: Evidence) -> Evidence:
    return commanded(evidence, skills, skills.understand(evidence.words or ""))
