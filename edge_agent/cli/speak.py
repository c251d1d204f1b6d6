"""`edge-agent say` and `edge-agent transcribe`: one half of the conversation at a time."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.cli import given, output

if TYPE_CHECKING:
    from edge_agent.cli.aloud import Said
    from edge_agent.cli.listening import Piece

commands = typer.Typer()


@commands.command()
def say(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say; - reads it from standard input.")],
    out: Annotated[Path | None, typer.Option(metavar="WAV", help="Write it there instead of playing it.")] = None,
    json: output.Json = False,
) -> None:
    """Say something through the loudspeaker, or into a wav file."""
    import asyncio

    from edge_agent.cli import aloud

    words = _piped() if text == "-" else text
    said = asyncio.run(aloud.say(given.settings(), words, out))
    output.emit("say", _told(said, out), json=json, human=lambda: output.note(f"Said {said.seconds:.1f} s of speech."))


@commands.command()
def transcribe(
    wav: Annotated[Path, typer.Argument(metavar="WAV", readable=False, help="Any wav file; however long.")],
    json: output.Json = False,
) -> None:
    """Print what is said in a recording, a line for each piece of at most half a minute, as it is understood."""
    import asyncio

    from edge_agent.cli import listening

    def show(piece: "Piece") -> None:
        if piece.text and not json:
            output.line(piece.text)

    pieces = asyncio.run(listening.transcribe(given.settings(), wav, show))
    text = " ".join(piece.text for piece in pieces if piece.text)
    seconds = pieces[-1].end_s
    data = {"text": text, "seconds": seconds, "pieces": [_shown(piece) for piece in pieces]}
    output.emit("transcribe", data, json=json, human=lambda: None if text else output.note("No words in it."))


def _piped() -> str:
    from edge_agent.base.errors import InputError

    try:
        return sys.stdin.buffer.read().decode() if sys.stdin else ""  # Whatever the locale forgives.
    except UnicodeDecodeError as error:
        raise InputError("what comes on standard input is no text", hint="Send it as UTF-8.") from error


def _told(said: "Said", out: Path | None) -> dict[str, object]:
    return {
        "seconds": round(said.seconds, 3),
        "first_sound_ms": round(said.first_sound_ms),
        "path": str(out) if out else None,
    }


def _shown(piece: "Piece") -> dict[str, object]:
    return {"start_s": piece.start_s, "end_s": piece.end_s, "text": piece.text, "work_ms": round(piece.work_ms)}
