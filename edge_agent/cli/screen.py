"""What `edge-agent talk` shows: the level, who speaks, the words as they come, and where the time of each turn went.

The screen watches the conversation and never takes part in it. On a terminal it is drawn with `rich` and updates in
place; elsewhere each exchange is one plain line, so that a log of it can be read.
"""

from collections import deque
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from edge_agent.app.happenings import (
    AttentionChanged,
    DeviceChanged,
    Happening,
    LevelMeasured,
    MicrophoneChanged,
    Noted,
    PhraseQueued,
    StateChanged,
    TurnEnded,
    WordsHeard,
)
from edge_agent.app.timeline import Stage, Timeline
from edge_agent.talk.floor.state import State

LINES_MAX = 14
"""Exchanges kept on the screen."""

REFRESH_HZ = 12

METER_DB = (-60.0, -10.0)
"""Silence and loud speech at a usual microphone."""

STYLES = {
    State.LISTENING: "green",
    State.HEARING: "bold cyan",
    State.PAUSED: "cyan",
    State.THINKING: "yellow",
    State.SPEAKING: "bold magenta",
    State.DUCKED: "bold red",
    State.HELD: "bold red",
    State.WEIGHED: "red",
}

KEYS = "space talk/stop · m mute · t type · q quit"


@dataclass(slots=True)
class Screen:
    """Everything that is shown, as of now."""

    console: Console
    title: str
    keys: str = KEYS
    state: State = State.LISTENING
    muted: bool = False
    awake: bool = True
    level_dbfs: float = -120.0
    voice: float = 0.0
    partial: str = ""
    reply: str = ""
    typing: str | None = None
    """What is being typed; None while nothing is."""
    lines: deque[Text] = field(default_factory=lambda: deque(maxlen=LINES_MAX))
    last: Timeline | None = None
    _live: Live | None = None

    def __enter__(self) -> "Screen":
        if self.console.is_terminal:
            self._live = Live(console=self.console, get_renderable=self._draw, refresh_per_second=REFRESH_HZ)
            self._live.__enter__()
        else:
            self.console.print(self.title, markup=False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.__exit__(None, None, None)

    def watch(self, happening: Happening) -> None:
        """Take notice of one thing."""
        match happening:
            case LevelMeasured(dbfs, voice):
                self.level_dbfs, self.voice = dbfs, voice
            case MicrophoneChanged(is_open):
                self.muted = not is_open
            case StateChanged(state=state):
                self.state = state
                if state is State.SPEAKING:
                    self.partial = ""  # It did not take the floor.
                if state in (State.LISTENING, State.HEARING):
                    self.reply = ""  # Said, or taken back.
            case AttentionChanged(awake):
                self.awake = awake
            case WordsHeard(text, final):
                self.partial = text if not final else ""
                if final:
                    self._add("you", text, "cyan")
            case PhraseQueued(text):
                self.reply = f"{self.reply} {text}".strip()
            case TurnEnded(timeline):
                self.reply = ""
                self.last = timeline
                self._add("agent", timeline.heard + (" —" if timeline.interrupted else ""), "magenta", timeline)
            case Noted(text) | DeviceChanged(text=text):
                self._add("note", text, "yellow")

    def _add(self, who: str, text: str, style: str, timeline: Timeline | None = None) -> None:
        line = Text.assemble((f"{who:>6}  ", f"bold {style}"), text)
        if timeline and (ms := timeline.since_speech_end_ms(Stage.FIRST_SAMPLE)) is not None:
            line.append(f"   {ms:.0f} ms", "dim")
        self.lines.append(line)
        if not self._live:
            self.console.print(line, soft_wrap=True)

    def _draw(self) -> RenderableType:
        body: list[RenderableType] = [self._head(), Text(), *self.lines]
        if self.partial:
            body.append(Text.assemble(("   you  ", "bold cyan"), (self.partial + " …", "dim cyan")))
        if self.reply:
            body.append(Text.assemble((" agent  ", "bold magenta"), (self.reply, "dim magenta")))
        if (typed := self.typing) is not None:  # Read once: this is rich's thread, and a key may come in between.
            body.append(Text.assemble(("  type  ", "bold"), typed, ("▏", "blink")))
        if self.last:
            body += [Text(), stages(self.last)]
        return Panel(Group(*body), title=self.title, subtitle=self.keys, padding=(0, 1))

    def _head(self) -> RenderableType:
        nobody = self.state is State.LISTENING
        name = "muted" if self.muted and nobody else "asleep" if nobody and not self.awake else self.state.value
        head = Table.grid(padding=(0, 2))
        head.add_row(
            Text(f"{name:<10}", "bold red" if self.muted else STYLES[self.state]),
            meter(self.level_dbfs),
            Text(f"{max(self.level_dbfs, -99):4.0f} dB  voice {self.voice:.2f}", "dim"),
        )
        return head


def meter(dbfs: float, width: int = 30) -> Text:
    """A bar for the level, `METER_DB` from end to end."""
    low, high = METER_DB
    filled = round(width * min(1.0, max(0.0, (dbfs - low) / (high - low))))
    return Text.assemble(("█" * filled, "green" if filled < width * 0.8 else "red"), ("░" * (width - filled), "dim"))


def stages(timeline: Timeline) -> Text:
    """Where the time of a turn went, ms from the user's last sample."""
    known = ((stage, timeline.since_speech_end_ms(stage)) for stage in Stage)
    parts = [f"{stage.value.replace('_', ' ')} {ms:.0f}" for stage, ms in known if ms is not None and ms > 0]
    return Text(f"{timeline.kind} · ms after your last sample: " + " · ".join(parts), "dim")
