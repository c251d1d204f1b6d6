"""Says what the thresholds of `talk/mind/skills/by_sound.py` are worth, on speech that is made for it.

    python tools/fit_by_sound.py [--model whisper-base] [--n 40]

Three invented grammars; the installed voice speaks random sentences of each, in noise made of its own babble and of
pink noise. Whisper hears them. A sentence of one grammar is an order to that one, and something else to the two others.
In percent, it prints:

    exact       orders that the grammar understands by their words
    first       orders whose sentence is nearest to the first hearing
    again       orders that have to be heard once more
    right       orders understood rightly in the end
    wrong       orders taken for another order
    others      sentences that a grammar took for an order which they are not

and then, where a second hearing was, the doubt that it left: of orders (the higher percentiles) and of others (the
lower ones). `DOUBT_MAX` belongs between.

No recording of a person is in it, so nothing is tuned to one. The voice is one man's and clear; noise is what makes it
hard, so look at where the curves bend and not at their height.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from edge_agent.app.engines import model_file
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.base.settings import Settings
from edge_agent.bench.mixing import mixed, stretch
from edge_agent.supply.catalogue import Kind
from edge_agent.talk.mind.skills import Doubt, Skills, Understood
from edge_agent.talk.mind.skills.by_sound import BySound
from edge_agent.talk.mind.skills.normal import normalise
from edge_agent.talk.mind.skills.rhino import Rhino
from edge_agent.talk.mind.skills.sounds.words import Words
from edge_agent.talk.mind.stt import WhisperStt, whisper
from edge_agent.talk.voice.tts import PiperTts, piper
from edge_agent.workers.process import Worker

SNRS: tuple[float | None, ...] = (None, 12.0, 6.0, 3.0)
GRAMMARS = {
    "tickets": """
context:
  expressions:
    buy:
      - "[I'd like, give me, can I have, I need] $count:count $kind:kind [ticket, tickets] to $place:place"
      - "[I'd like, give me, can I have, I need] $count:count $kind:kind [ticket, tickets] to $place:place $day:day"
    when: ["when is the next [train, bus] to $place:place", "when does the [train, bus] to $place:place leave"]
  slots:
    count: [a, one, two, three, four, five, six]
    kind: [single, return, first class, student, child's]
    place: [Cambridge, the airport, Birmingham, the city centre, Stratford, the harbour, Greenwich, Glasgow]
    day: [today, tomorrow, on Monday, on Friday, at the weekend]
""",
    "car": """
context:
  expressions:
    climate:
      - "[set, turn] the $zone:zone [temperature, heating] to $degrees:degrees degrees"
      - "turn the $zone:zone fan $way:way"
    go:
      - "[take me, navigate, drive] to $place:place"
      - "[take me, navigate, drive] to $place:place avoiding $what:what"
    play: ["play (some) $music:music", "play (some) $music:music in the $zone:zone"]
  slots:
    zone: [front, rear, driver's, passenger's, whole car]
    degrees: [sixteen, eighteen, nineteen, twenty, twenty one, twenty two, twenty five]
    way: [up, down, off, "on"]
    place: [work, home, the nearest charger, the petrol station, my sister's, the office, a car park]
    what: [tolls, motorways, ferries, traffic]
    music: [jazz, rock, classical music, the news, my favourites, country music, a podcast]
""",
    "lights": """
context:
  expressions:
    switch:
      - "[switch, turn] on the $lamp:lamp in the $room:room"
      - "[switch, turn] off the $lamp:lamp in the $room:room"
    dim:
      - "[dim, set] the $room:room $lamp:lamp to $level:level percent"
      - "make the $lamp:lamp in the $room:room $colour:colour"
  slots:
    lamp: [light, ceiling lamp, floor lamp, reading lamp, spotlights, chandelier]
    room: [kitchen, bedroom, living room, bathroom, hallway, cellar, study, dining room]
    level: [five, ten, fifteen, twenty, thirty, fifty, seventy, ninety]
    colour: [red, blue, green, warm white, cold white, purple, orange]
""",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence, as one grammar took it."""

    own: bool
    exact: bool
    first: bool
    again: bool
    taken: bool
    """For an order."""
    right: bool
    doubt: float
    """After the second hearing; NaN without one."""


def said(words: Words, rng: random.Random) -> str:
    """Return a random sentence."""
    place, spoken = words.start, ""
    while not (place in words.ends and (not words.places[place] or rng.random() < 0.5)):
        word = rng.choice(sorted(words.places[place]))
        spoken, place = f"{spoken} {word}", words.places[place][word]
    return spoken.strip()


async def spoken(tts: PiperTts, text: str) -> Samples:
    """Return `text` as speech at 16 kHz, in a little silence."""
    pieces = [(speech.samples, speech.rate_hz) async for speech in tts.synthesise(text)]
    sound: Samples = soxr.resample(np.concatenate([samples for samples, _ in pieces]), pieces[0][1], RATE_HZ)
    silence = np.zeros(RATE_HZ // 3, np.float32)
    return np.concatenate((silence, sound.astype(np.float32), silence))


def noise(voices: list[Samples], rng: np.random.Generator) -> Samples:
    """Return a minute of four voices at once and pink noise, as loud as they are."""
    length = 60 * RATE_HZ
    babble = np.sum([np.resize(np.concatenate(voices[start::4]), length) for start in range(4)], axis=0)
    spectrum = np.fft.rfft(rng.normal(size=length))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(1.0, np.arange(spectrum.size))), length)
    return (babble + pink * babble.std() / pink.std()).astype(np.float32)


async def cases(model: str, count: int) -> dict[str, list[Case]]:
    """Speak, hear and parse everything."""
    settings, rng, at = Settings(), random.Random(1), 0
    grammars = dict(_grammars())
    graphs = {name: by_sound.graph for name, (_, by_sound) in grammars.items()}
    texts = [(name, said(graph, rng)) for name, graph in graphs.items() for _ in range(count)]
    folder = model_file(settings, Kind.STT).parent.parent / model
    voice, ear = Worker(piper(model_file(settings, Kind.TTS).parent, 2)), Worker(whisper(folder, 2))
    found: dict[str, list[Case]] = {}
    await voice.start()
    await ear.start()
    try:
        tts, stt = PiperTts(voice), WhisperStt(ear)
        sounds = [await spoken(tts, text) for _, text in texts]
        around = noise(sounds, np.random.default_rng(1))
        for snr in SNRS:
            for (name, text), sound in zip(texts, sounds, strict=True):
                heard = sound if snr is None else mixed(sound, stretch(around, at, sound.size), snr)
                at += sound.size + 12_345
                first = (await stt.transcribe(heard, final=True)).text
                for other, (skills, by_sound) in grammars.items():
                    case = await _case(skills, by_sound, text if other == name else "", (first, heard), stt)
                    found.setdefault("clean" if snr is None else f"{snr:g} dB", []).append(case)
    finally:
        await voice.stop()
        await ear.stop()
    return found


def _grammars() -> Iterator[tuple[str, tuple[Skills, BySound]]]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in GRAMMARS.items():
            path = Path(folder) / f"{name}.yaml"
            path.write_text(text, encoding="utf-8")
            yield name, (Skills([path]), BySound(Rhino(path)))


async def _case(skills: Skills, by_sound: BySound, meant: str, heard: tuple[str, Samples], stt: WhisperStt) -> Case:
    text, sound = heard
    expected = skills.understand(meant) if meant else None
    exact = skills.understand(text)
    found, doubt = skills.sounds_like(text), float("nan")
    again = isinstance(found, Doubt)
    if isinstance(found, Doubt):
        guesses = await stt.again(sound, found.words, found.sentences)
        confirmed = by_sound.confirmed(normalise(text), found.near, guesses)
        doubt = confirmed.doubt if confirmed else doubt
        found = skills.settled(text, found, guesses)
    if exact is not None and exact.score == 1:
        found, again = exact, False

    def is_right(understood: Understood | None) -> bool:
        return expected is not None and expected.means(understood)

    first = is_right(by_sound.said(by_sound.nearest(normalise(text))))
    taken = found is not None and bool(found.words or found.say)
    return Case(bool(meant), is_right(exact), first, again, taken, is_right(found), doubt)


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--model", default="whisper-base")
    arguments.add_argument("--n", type=int, default=40)
    given = arguments.parse_args()
    print(f"{'':8} exact  first  again  right  wrong others | doubt of orders 80 90 95 %, of others 1 5 10 %")  # noqa: T201
    for snr, found in asyncio.run(cases(given.model, given.n)).items():
        own, others = [case for case in found if case.own], [case for case in found if not case.own]
        counts = [sum(getattr(case, key) for case in own) for key in ("exact", "first", "again", "right")]
        counts.append(sum(case.taken and not case.right for case in own))
        shares = [*(100 * count / len(own) for count in counts), 100 * sum(c.taken for c in others) / len(others)]
        doubts = [*_percentiles(own, (80, 90, 95)), *_percentiles(others, (1, 5, 10))]
        row = " ".join(f"{share:6.1f}" for share in shares)
        print(f"{snr:7}{row} | {' '.join(f'{doubt:5.2f}' for doubt in doubts)}")  # noqa: T201


def _percentiles(found: list[Case], wanted: tuple[int, ...]) -> list[float]:
    doubts = [case.doubt for case in found if not np.isnan(case.doubt)]
    return [float(np.percentile(doubts, percent)) for percent in wanted] if doubts else []


if __name__ == "__main__":
    sys.exit(main())
