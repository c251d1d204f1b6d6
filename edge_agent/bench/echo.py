"""Whether the agent hears itself, and whether it still hears you: the ear on recordings, faster than time.

The ear is the very one that the agent runs (`Hearing`), fed with both sides of a recording. For each canceller:

1. `far_only_clips`: only the loudspeaker speaks. A clip is false when a voice is said to have begun in it
   (`false_clips`). `erle_db` is by how much the echo became softer after two seconds, in the mean of the clips.
2. Double talk with a known near side: the share of the 32 ms in which a voice detector hears the near voice alone that
   lie between the beginning and the end of a voice, as the ear tells them (`near_recall`, and the worst clip's).
3. `false_per_hour`: simulated rooms in which only the agent speaks (`echo_rooms.py`); how often a voice begins.
   `dips_per_min`: how often the agent lowers its voice there, for a moment, for nobody.
4. `start`: the first second of the first answer (`echo_start.py`).
5. `words`: what speech-to-text makes of a user who speaks over the agent (`echo_words.py`).

`delay` is what the ear knows of the way from the loudspeaker to the microphone (`echo_delay.py`), which does not depend
on the canceller.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.base.frames import CHUNK, FRAME, RATE_HZ, Samples, dbfs
from edge_agent.base.settings import Canceller, EarSettings
from edge_agent.bench import echo_delay, echo_rooms, echo_start, echo_words, recordings
from edge_agent.bench.echo_life import Ear, live, note
from edge_agent.talk.ear import echo
from edge_agent.talk.ear.hearing import Hearing
from edge_agent.talk.ear.vad import Silero
from edge_agent.workers.process import Spec

CANCELLERS = (Canceller.AEC3, Canceller.SPEEX, Canceller.AUTO)

FAR_ONLY = "farend_singletalk"
SPEECH = "speech"
"""The label of those who speak over the agent."""
USER_S = 2.0
"""Kept of them, from where their voice begins."""
STARTS, DELAYS, WORDS = 100, 40, 100
"""Rooms for an hour's worth of the others."""

SETTLED_S = 2.0
ROOM_S = 30.0
"""In each simulated room; every one begins anew, with a canceller that knows nothing."""

NEAR_VOICE = 0.5
"""Probability from which the near side alone counts as a voice."""

Progress = Callable[[str, int, int], None]


def run(data: Path, vad: Path, whisper: Spec, hours: float, progress: Progress) -> dict[str, Any]:
    """Measure every canceller on `data`, with `hours` of simulated rooms each; return what the report's `data` has."""
    clips = [(clip, _sides(clip)) for clip in recordings.echoes(data)]
    responses = [recordings.load(room.path) for room in recordings.rooms(data)]
    voices = [sides[1] for _, sides in clips]
    users = [_user(one) for one in recordings.interruptions(data) if one.label == SPEECH]
    rooms = max(1, round(hours * 3600 / ROOM_S))
    starts = [echo_start.draw(number, responses, voices) for number in range(max(1, round(hours * STARTS)))]
    spoken = echo_words.spoken(data, max(1, round(hours * WORDS)))
    long = [echo_rooms.draw(number, responses, voices, ROOM_S) for number in range(len(spoken))]
    measured = {}
    for choice in CANCELLERS:
        settings = EarSettings(canceller=choice)
        silero = Silero(vad)
        ears = [hear(settings, silero, *sides) for _, sides in clips]
        far_only = [
            (ear, sides[0]) for ear, (clip, sides) in zip(ears, clips, strict=True) if clip.scenario == FAR_ONLY
        ]
        recalls = [
            recall(ear, recordings.load(clip.near), silero)
            for ear, (clip, _) in zip(ears, clips, strict=True)
            if clip.near is not None
        ]
        false = dips = 0
        for number in range(rooms):
            progress(choice.value, number, rooms)
            scene = echo_rooms.draw(number, responses, voices, ROOM_S)
            life = live(settings, vad, scene)
            false += life.starts
            dips += life.dips
        measured[choice.value] = {
            "erle_db": _mean([erle_db(ear, mic) for ear, mic in far_only]),
            "false_clips": sum(ear.starts > 0 for ear, _ in far_only),
            "far_only_clips": len(far_only),
            "near_recall": _mean(recalls),
            "near_recall_worst": round(min(recalls), 3) if recalls else None,
            "false_per_hour": round(false * 3600 / (rooms * ROOM_S), 1),
            "dips_per_min": round(dips * 60 / (rooms * ROOM_S), 2),
            "start": echo_start.run(settings, vad, starts, users),
            "words": echo_words.run(settings, vad, whisper, long, spoken),
        }
    delays = [echo_delay.draw(number, responses, voices) for number in range(max(1, round(hours * DELAYS)))]
    return {
        "cancellers": measured,
        "delay": echo_delay.run(EarSettings(), vad, delays, users),
        "hours": round(rooms * ROOM_S / 3600, 3),
    }


def hear(settings: EarSettings, silero: Silero, mic: Samples, far: Samples) -> Ear:
    """Give both sides of a recording to an ear that knows nothing."""
    silero.reset()
    hearing, ear = Hearing(settings, echo.choose(settings.canceller), silero), Ear()
    for near, played in zip(mic.reshape(-1, FRAME), far.reshape(-1, FRAME), strict=True):
        note(ear, hearing.feed(near, played))
    return ear


def recall(ear: Ear, near: Samples, silero: Silero) -> float:
    """The share of the near voice's chunks that the ear took for a voice."""
    silero.reset()
    alone = [silero.probability(_piece(near, one.position)) > NEAR_VOICE for one in ear.heard]
    return float(np.mean(ear.voiced()[alone])) if any(alone) else 1.0


def erle_db(ear: Ear, mic: Samples) -> float:
    """Echo return loss enhancement: the microphone against what was heard, once it is settled."""
    settled = int(SETTLED_S * RATE_HZ)
    left = [one.samples for one in ear.heard if one.position >= settled]
    return dbfs(mic[settled:]) - dbfs(np.concatenate(left))


def _user(one: recordings.Interruption) -> Samples:
    start = int(one.start_s * RATE_HZ)
    return recordings.load(one.path)[start : start + int(USER_S * RATE_HZ)]


def _sides(clip: recordings.Echo) -> tuple[Samples, Samples]:
    """Microphone and far side of a recording, equally long, in whole frames."""
    mic, far = recordings.load(clip.mic), recordings.load(clip.far)
    size = min(mic.size, far.size) // FRAME * FRAME
    return mic[:size], far[:size]


def _piece(samples: Samples, position: int) -> Samples:
    """CHUNK samples from a position that may lie before the first sample or near the last."""
    piece = np.zeros(CHUNK, np.float32)
    known = samples[max(0, position) : max(0, position + CHUNK)]
    start = max(0, -position)
    piece[start : start + known.size] = known
    return piece


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 3) if values else None
