"""Folders of recordings, as the benchmarks take them: `manifest.tsv` in each, and the sound files that it names.

Anybody may bring their own, so whatever is missing or malformed is an `InputError` that names the file and the line.
Paths are relative to the folder of their manifest.
"""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from edge_agent.base.errors import InputError
from edge_agent.base.frames import RATE_HZ, Samples

_HINT = "docs/benchmarks.md (Recordings of your own) has what each folder holds."

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that somebody said, pauses included."""

    path: Path
    text: str
    """Empty where nobody wrote it down."""
    spans_s: tuple[tuple[float, float], ...]
    """Start and end of each stretch of speech; the turn ends with the last one."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One order, and what was meant by it."""

    path: Path
    intent: str
    slots: Mapping[str, str]
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Interruption:
    """Something said or done while the agent speaks."""

    path: Path
    label: str
    text: str
    start_s: float


@dataclass(frozen=True, slots=True)
class Sound:
    """A noise, or the impulse response of a room."""

    path: Path
    label: str


@dataclass(frozen=True, slots=True)
class Echo:
    """What a loudspeaker played and what the microphone beside it heard."""

    scenario: str
    mic: Path
    far: Path
    near: Path | None
    """The user alone, where it is known."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something asked, and who should answer it."""

    text: str
    label: str


def turns(data: Path) -> list[Turn]:
    """Read `turns/`."""
    return _read(
        data / "turns" / "manifest.tsv",
        ("path", "text", "speech_spans"),
        lambda folder, row: Turn(folder / row["path"], row["text"].strip(), _spans(row["speech_spans"])),
    )


def intents(data: Path) -> list[Intent]:
    """Read `intents/`."""
    return _read(
        data / "intents" / "manifest.tsv",
        ("path", "intent", "slots", "speech_start_s", "speech_end_s"),
        lambda folder, row: Intent(
            folder / row["path"],
            row["intent"],
            {str(name): str(value).strip() for name, value in json.loads(row["slots"]).items()},
            float(row["speech_start_s"]),
            float(row["speech_end_s"]),
        ),
    )


def kiosk_noise(data: Path, name: str) -> Path:
    """Return the file of a noise that goes with `intents/`, by its name ("kitchen")."""
    found = sorted((data / "intents").glob(f"noise_{name}.*"))
    if not found:
        raise InputError(f"there is no noise_{name}.wav or .flac in {data / 'intents'}", hint=_HINT)
    return found[0]


def interruptions(data: Path) -> list[Interruption]:
    """Read `interrupt/`."""
    return _read(
        data / "interrupt" / "manifest.tsv",
        ("path", "label", "text", "speech_start_s"),
        lambda folder, row: Interruption(
            folder / row["path"], row["label"], row["text"].strip(), float(row["speech_start_s"])
        ),
    )


def noises(data: Path) -> list[Sound]:
    """Read `noise/`."""
    return _sounds(data / "noise" / "manifest.tsv")


def rooms(data: Path) -> list[Sound]:
    """Read `rir/`."""
    return _sounds(data / "rir" / "manifest.tsv")


def echoes(data: Path) -> list[Echo]:
    """Read `echo/`."""
    return _read(
        data / "echo" / "manifest.tsv",
        ("scenario", "mic", "lpb", "near"),
        lambda folder, row: Echo(
            row["scenario"], folder / row["mic"], folder / row["lpb"], folder / row["near"] if row["near"] else None
        ),
    )


def questions(data: Path) -> list[Question]:
    """Read `routing/manifest.tsv`: who should answer."""
    return _read(
        data / "routing" / "manifest.tsv", ("text", "class"), lambda _, row: Question(row["text"], row["class"])
    )


def turn_texts(data: Path) -> list[Question]:
    """Read `routing/turn_text.tsv`: whether the speaker is done."""
    return _read(
        data / "routing" / "turn_text.tsv", ("label", "text"), lambda _, row: Question(row["text"], row["label"])
    )


def names_speech(label: str) -> bool:
    """Whether it says of a sound that it is, among others, somebody's speech: `noise/speech:market` does."""
    return "speech" in label.partition(":")[0].split("/")


def load(path: Path) -> Samples:
    """Return the sound in a file as mono at 16 kHz; InputError if there is none."""
    if not path.is_file():
        raise InputError(f"there is no {path}", hint="The manifest beside it names it; restore it or drop the line.")
    # PyAV comes with faster-whisper, and reads whatever FFmpeg reads.
    from av.error import FFmpegError
    from faster_whisper.audio import decode_audio

    try:
        samples: Samples = decode_audio(str(path), sampling_rate=RATE_HZ)
    except (FFmpegError, IndexError, AttributeError, TypeError) as error:
        # PyAV finds no stream, no frame, or no type of sample in what is no sound.
        raise InputError(f"{path} holds no sound that can be read: {error}", hint="Give a WAV or FLAC file.") from None
    if not samples.size:
        raise InputError(f"{path} is empty", hint="Record it again, or drop its line from the manifest.")
    return samples


def _spans(cell: str) -> tuple[tuple[float, float], ...]:
    return tuple((float(start), float(end)) for start, end in json.loads(cell))


def _sounds(manifest: Path) -> list[Sound]:
    return _read(manifest, ("path", "label"), lambda folder, row: Sound(folder / row["path"], row["label"]))


def _read(manifest: Path, columns: tuple[str, ...], make: Callable[[Path, Mapping[str, str]], T]) -> list[T]:
    try:
        with manifest.open(encoding="utf-8", newline="") as lines:
            table = csv.DictReader(lines, delimiter="\t")
            missing = [column for column in columns if column not in (table.fieldnames or ())]
            if missing:
                raise InputError(f"{manifest} has no column {', '.join(missing)}", hint=_HINT)
            rows = [_made(manifest, table.line_num, row, make) for row in table]
    except FileNotFoundError:
        raise InputError(f"there is no {manifest}", hint=_HINT) from None
    except OSError as error:
        raise InputError(f"{manifest} can't be read: {error.strerror}", hint=_HINT) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{manifest} can't be read: {error}", hint=_HINT) from error
    if not rows:
        raise InputError(f"{manifest} lists nothing", hint=_HINT)
    return rows


def _made(manifest: Path, line: int, row: Mapping[str, str], make: Callable[[Path, Mapping[str, str]], T]) -> T:
    try:
        return make(manifest.parent, row)
    except (ValueError, TypeError, AttributeError) as error:
        # Too few columns are None in the row; a cell of another form fails wherever it is taken apart.
        raise InputError(f"{manifest}, line {line}: {error}", hint=_HINT) from None
