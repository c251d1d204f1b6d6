"""The agent without a screen: `run` as a service, `run-wav` on a recording, `ask` in writing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.cli import given, output

if TYPE_CHECKING:
    from edge_agent.app.agent import Agent
    from edge_agent.app.happenings import Happening
    from edge_agent.base.settings import Settings
    from edge_agent.talk.ear.device import Device

commands = typer.Typer()

LOOK_S = 0.05
"""Between two looks whether a recording, and then its last answer, is over."""

QUIET_S = 0.5
"""Nobody's turn for so long means that the conversation with a recording is over."""


@commands.command()
def run(
    safe: Annotated[
        bool, typer.Option("--safe", help="Only ask for help, without engines and microphone: after a crash loop.")
    ] = False,
) -> None:
    """Run the agent on microphone and loudspeaker until SIGTERM or Ctrl-C; SIGHUP reads the settings anew."""
    import asyncio
    import faulthandler

    from edge_agent.base.memory import keep_to_itself
    from edge_agent.base.paths import paths
    from edge_agent.host.single import alone

    faulthandler.enable()  # The watchdog's SIGABRT, and whatever native code does, leaves the stacks in the log.
    keep_to_itself()
    with alone(paths().runtime):
        asyncio.run(_ask_for_help() if safe else _run())


async def _run() -> None:
    from edge_agent.app.service import Service, Surroundings
    from edge_agent.base.layers import load
    from edge_agent.host.notify import manager

    told = manager()
    await Service(
        Surroundings(
            load=lambda: load(given.overrides()),
            device=_device,
            watch=_watch,
            manager=told,
            on_ready=_begin,
        )
    ).run()


def _watch(happening: "Happening") -> None:
    import logging

    from edge_agent.app.happenings import Noted

    if isinstance(happening, Noted):
        logging.getLogger("edge_agent.run").warning("%s", happening.text)


def _device(settings: "Settings") -> "Device":
    if settings.audio.virtual_room is None:
        from edge_agent.talk.ear.mic import Mic

        return Mic(settings.audio)
    from edge_agent.bench import rehearsal
    from edge_agent.talk.ear.room import Room

    rehearsal.lines_in(settings.audio.virtual_room)  # That there are none is told before the engines are started.
    return Room()


async def _begin(agent: "Agent", device: "Device") -> None:
    """Tell that it listens; in a virtual room, somebody begins to speak."""
    from edge_agent.bench import rehearsal
    from edge_agent.talk.ear.room import Room

    output.note("listening")
    folder = given.settings().audio.virtual_room
    if folder and isinstance(device, Room):
        await rehearsal.hold(agent, device, rehearsal.lines_in(folder), lambda line: output.note(f"said: {line.name}"))


async def _ask_for_help() -> None:
    import asyncio
    import signal

    from edge_agent.app import farewell, safe_mode
    from edge_agent.base.errors import SettingsError
    from edge_agent.base.paths import paths
    from edge_agent.base.settings import Settings
    from edge_agent.host.notify import manager
    from edge_agent.talk.ear.mic import playing

    try:
        settings = given.settings()
    except SettingsError:  # They may be why it is needed.
        settings = Settings()
    stop = asyncio.Event()

    def end() -> None:
        farewell.deadline()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)
    words = paths().state / safe_mode.FILE
    await safe_mode.ask_for_help(words, lambda *sound: playing(settings.audio, *sound), stop, manager())


@commands.command("run-wav")
def run_wav(
    heard: Annotated[Path, typer.Argument(metavar="IN", readable=False, help="A wav: what the microphone hears.")],
    out: Annotated[Path, typer.Option(help="The wav to write: what the agent says, on the same clock.")],
    json: output.Json = False,
) -> None:
    """Hold a conversation with a recording, in real time."""
    import asyncio

    turns = asyncio.run(_run_wav(given.settings(), heard, out))
    output.emit("run-wav", {"out": str(out), "turns": turns}, json=json, human=lambda: _print_turns(turns))


async def _run_wav(settings: "Settings", heard: Path, out: Path) -> list[dict[str, object]]:
    import asyncio

    from edge_agent.app.agent import running
    from edge_agent.app.happenings import Happening, TurnEnded
    from edge_agent.talk.ear.wavfile import WavFile
    from edge_agent.talk.floor.state import State

    turns = []

    def watch(happening: Happening) -> None:
        if isinstance(happening, TurnEnded):
            turns.append(happening.timeline.as_json())

    device = WavFile(heard, out)
    try:
        async with running(settings, device, watch) as agent:
            while not device.ended.is_set():  # noqa: ASYNC110 (a thread that waited for it would outlive Ctrl-C)
                await asyncio.sleep(LOOK_S)
            # A turn at the very end of the file has its pause still before it; the last answer is heard out.
            quiet_s = 0.0
            while quiet_s < QUIET_S:
                await asyncio.sleep(LOOK_S)
                quiet_s = quiet_s + LOOK_S if agent.conversation.state is State.LISTENING else 0.0
    finally:
        device.finish()
    return turns


def _print_turns(turns: list[dict[str, object]]) -> None:
    for turn in turns:
        output.line(f"you    {turn['user']}")
        output.line(f"agent  {turn['heard']}")


@commands.command()
def ask(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to ask.")],
    explain: Annotated[
        bool, typer.Option("--explain", help="Say who would answer, and why, instead of answering.")
    ] = False,
    json: output.Json = False,
) -> None:
    """Ask in writing, once: the same skills and the same model, without sound."""
    import asyncio

    from edge_agent.base.errors import InputError

    if not text.strip():
        raise InputError("there is nothing to answer", hint='Ask something: edge-agent ask "What time is it?"')
    try:
        text.encode()
    except UnicodeEncodeError as error:  # Bytes of another encoding come as halves of letters.
        raise InputError("what is asked is no text", hint="Write it as UTF-8.") from error
    if explain:
        from edge_agent.cli import explaining

        return explaining.show(given.settings(), text, json=json)
    told = asyncio.run(_ask(given.settings(), text))
    return output.emit("ask", told, json=json, human=lambda: output.line(str(told["reply"])))


async def _ask(settings: "Settings", text: str) -> dict[str, object]:
    from dataclasses import asdict

    from edge_agent.app.asking import ask_once

    answered = await ask_once(settings, text, output.note)
    return asdict(answered) | {"ms": round(answered.ms, 1)}
