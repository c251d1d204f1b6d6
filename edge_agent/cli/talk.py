"""`edge-agent talk`: a conversation at this terminal, through the microphone or in a virtual room."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.cli import given, output

if TYPE_CHECKING:
    from edge_agent.base.settings import Settings
    from edge_agent.talk.ear.device import Device

commands = typer.Typer()

ROOM_OUT = Path("out/talk")
"""Where a conversation in the virtual room leaves its wav and its timelines."""


@commands.command()
def talk(
    room: Annotated[bool, typer.Option("--room", help="Hold a recorded conversation in a virtual room.")] = False,
    lines: Annotated[
        Path | None, typer.Option(help="Folder of wavs: the user's lines in the virtual room, in the order of names.")
    ] = None,
    socket: Annotated[
        bool, typer.Option("--socket", help="Let `edge-agent status` and its like ask it, as with `run`.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the virtual room's wav and timelines.")] = ROOM_OUT,
) -> None:
    """Talk with it: microphone and loudspeaker, or a virtual room where there are none. Keys are shown."""
    import asyncio

    settings = given.settings()
    device = None if room or lines else _device(settings)
    if device:
        asyncio.run(_talk(settings, device, socket=socket))
    else:
        _make(out)
        asyncio.run(_rehearse(settings, lines, out))


def _device(settings: "Settings") -> "Device | None":
    """The microphone; None, with a word about it, where there is none. What the owner chose by name must be there."""
    from edge_agent.base.errors import DeviceError
    from edge_agent.talk.ear.mic import Mic

    try:
        return Mic(settings.audio)
    except DeviceError as error:
        if settings.audio.input or settings.audio.output:
            raise
        output.note(f"edge-agent: {error}; so this is a recorded conversation in a virtual room.")
        return None


def _make(folder: Path) -> None:
    from edge_agent.base.errors import OutputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = "Choose another folder with --out."
        raise OutputError(f"{folder} can't be made: {error.strerror}", hint=hint) from error


def _write(path: Path, text: str) -> None:
    from edge_agent.base.errors import OutputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{path} can't be written: {error.strerror}", hint="Choose another folder with --out."
        ) from error


async def _talk(settings: "Settings", device: "Device", *, socket: bool) -> None:
    import asyncio
    import contextlib
    import signal

    from rich.console import Console

    from edge_agent.app.agent import running
    from edge_agent.app.controls import observed
    from edge_agent.app.happenings import Happening
    from edge_agent.app.observing import Observer
    from edge_agent.base.memory import keep_to_itself
    from edge_agent.cli.keyboard import Keyboard
    from edge_agent.cli.keys import pressed
    from edge_agent.cli.screen import Screen

    keep_to_itself()
    screen = Screen(Console(), f"edge-agent · {device.name}", awake=settings.ear.wake == "off")
    observer = Observer(settings)

    def watch(happening: Happening) -> None:
        screen.watch(happening)
        observer.watch(happening)

    output.note("Starting the engines …")
    async with contextlib.AsyncExitStack() as life:
        agent = await life.enter_async_context(running(settings, device, watch))
        if socket:
            await life.enter_async_context(observed(settings, agent, observer))
        quit_asked = asyncio.Event()
        # Being ended leaves the terminal as it was, too.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, quit_asked.set)
        with screen, pressed(Keyboard(agent, screen, quit_asked.set).press):
            await quit_asked.wait()


async def _rehearse(settings: "Settings", folder: Path | None, out: Path) -> None:
    import json

    from rich.console import Console

    from edge_agent.app.agent import running
    from edge_agent.app.happenings import Happening, Noted, TurnEnded
    from edge_agent.bench import rehearsal
    from edge_agent.cli.screen import Screen
    from edge_agent.talk.ear.room import Room

    if folder:
        lines = rehearsal.lines_in(folder)
    else:
        output.note("No recordings were given (--lines FOLDER): a synthetic voice speaks the user's lines.")
        lines = await rehearsal.synthetic_lines(settings)
    screen = Screen(Console(), "edge-agent · virtual room", keys="recorded conversation · Ctrl-C ends it")
    room = Room()
    timelines = []

    def watch(happening: Happening) -> None:
        screen.watch(happening)
        if isinstance(happening, TurnEnded):
            timelines.append(happening.timeline)

    output.note("Starting the engines …")
    async with running(settings, room, watch) as agent:
        with screen:
            await rehearsal.hold(agent, room, lines, lambda line: watch(Noted(f"the user says: {line.name}")))
        rehearsal.write(room.recording, out / "conversation.wav")
    _write(out / "timelines.jsonl", "".join(json.dumps(timeline.as_json()) + "\n" for timeline in timelines))
    output.note(f"{out}: conversation.wav (user left, agent right) and timelines.jsonl (the times of each turn)")
