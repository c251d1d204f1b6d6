"""What the microphone heard, frame by frame, made into what was heard: the ear without its threads and devices.

1. The far side is taken out of the near side (`cancelling.py`), in one way or in two.
2. Noise is taken out of it (`suppress.py`), for the voice detector alone, and only while the cancellers rest: of what
   they leave of a near voice it takes more than it uncovers.
3. Every 32 ms of what is left on each way are judged by the voice detector (`vad.py`), and where there are two, the
   judgements are weighed against each other (`gate.py`).
4. A voice in the background is none (`nearness.py`).
5. While the agent is audible, the last 32 ms are judged every 10 ms if they stand out of what is left of its echo, so
   that nobody waits for a chunk to be full. Nothing is learnt from that.
6. While the agent is audible, and for `GUARD_MS` after, a voice has to be sure to begin (`Onset`). What may become one
   is told at once.
7. Speech-to-text gets the signal that keeps most of the near voice while there is one, otherwise the one without echo.

Positions are those of the microphone.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from edge_agent.base.events import VoiceStarted, VoiceStopped, VoiceSuspected
from edge_agent.base.frames import CHUNK, FRAME, RATE_HZ, Heard, Samples, dbfs
from edge_agent.base.settings import EarSettings
from edge_agent.talk.ear import gate
from edge_agent.talk.ear.cancelling import Cancelling, Cleaned
from edge_agent.talk.ear.delay import Echo
from edge_agent.talk.ear.echo import Canceller
from edge_agent.talk.ear.erle import Erle
from edge_agent.talk.ear.nearness import Nearness
from edge_agent.talk.ear.places import PROFILES
from edge_agent.talk.ear.remains import Remains
from edge_agent.talk.ear.remembered import Known
from edge_agent.talk.ear.suppress import suppressor
from edge_agent.talk.ear.vad import CONTEXT, Onset, Silero

GUARD_MS = 300
"""After the last sound of the agent its echo still wanders through the room and the device's buffers."""

FAR_AUDIBLE = FRAME * 10 ** (-65 / 10)
"""Energy of a far frame (-65 dBFS) above which the agent counts as audible; less is lost in any microphone's noise."""

QUIET_CHUNKS = 16
"""Half a second of nothing but what is left of an echo, after which a detector begins anew. It remembers what it heard,
and a noise over the agent numbs it for seconds: in the first third of a word it then finds no voice at all."""

FULL_SCALE = 0.98
"""Of a microphone's sample, at which it is overdriven; resampling rounds the corners."""

UNKNOWN = Known()

JUDGED = 2
"""Cancellers whose signals are judged, at most; a further one's is for speech-to-text alone."""

News = Heard | VoiceStarted | VoiceStopped | VoiceSuspected


class Hearing:
    """One stream, from the first sample on."""

    def __init__(
        self,
        settings: EarSettings,
        cancellers: Sequence[Canceller],
        silero: Silero,
        reported_s: float = 0.0,
        known: Known = UNKNOWN,
    ) -> None:
        """`cancellers` as `echo.choose` gives them: one, or a linear one, one that suppresses, and one for the words.

        `reported_s` is what the device says of its delay, `known` what is known of its echo from before.
        """
        self.position = 0
        """Samples taken so far, at `RATE_HZ`."""
        self._judged = 0  # position of the sample that the buffers begin with
        self.erle = Erle()
        """How much of the agent's voice is taken out of what the microphone heard."""
        self._cancelling = Cancelling(cancellers, reported_s, known.drift_ppm)
        self._detectors = [silero] + [silero.twin() for _ in cancellers[1:JUDGED]]
        self._quiet_for = [0 for _ in self._detectors]  # chunks
        self._strange = known.delay_ms is None
        self._suspicion = gate.Suspicion()
        self._remains = Remains()
        self._onset = Onset(settings)
        profile = PROFILES[settings.place]
        self._suppress = suppressor(profile.suppression, wanted=settings.suppress_noise)
        self._nearness = Nearness(profile)
        self._guard = 0  # samples for which the agent stays audible
        self._raw = np.zeros(CHUNK + FRAME, np.float32)
        self._clean = [np.zeros(CHUNK + FRAME, np.float32) for _ in cancellers]
        self._lately = np.zeros((2, CONTEXT + CHUNK), np.float32)  # what the microphone and the linear signal held last
        self._quiet = np.zeros(CHUNK + FRAME, np.float32)
        self._filled = 0
        self._cancelled = 0  # samples until the buffer holds nothing that the cancellers have worked on

    @property
    def echo(self) -> Echo:
        """What is known of the echo's delay and of the clocks."""
        return self._cancelling.watch.echo

    def feed(self, near: Samples, far: Samples, *, ahead: float = 0.0) -> Iterator[News]:
        """Take FRAME samples of both sides.

        The far side's samples come `ahead` as many later in what the loudspeaker took than the near side's in what the
        microphone gave.
        """
        self.position += FRAME
        self._guard = RATE_HZ * GUARD_MS // 1000 if float(far @ far) > FAR_AUDIBLE else self._guard - FRAME
        for cleaned in self._cancelling.process(near, far, ahead):
            if not self._cancelling.settled:
                self._remains.unsettle()
            if np.abs(cleaned.near).max() >= FULL_SCALE:
                self._remains.overdrive()
            yield from self._take(cleaned)

    def _take(self, cleaned: Cleaned) -> Iterator[News]:
        free = slice(self._filled, self._filled + FRAME)
        self._raw[free] = cleaned.near
        self._quiet[free] = self._suppress(cleaned.signals[0])
        for number, buffer in enumerate(self._clean):
            buffer[free] = cleaned.signals[number % len(cleaned.signals)]
        self._filled += FRAME
        self._lately[:, :-FRAME] = self._lately[:, FRAME:]
        self._lately[:, -FRAME:] = cleaned.near, cleaned.signals[0]
        self._cancelled = self._cancelled if self._cancelling.resting else self._filled
        if self._filled >= CHUNK:
            yield from self._judge()
        else:
            yield from self._peek()

    @property
    def speaking(self) -> bool:
        """Whether a voice has begun and not paused."""
        return self._onset.speaking

    def adopt(self, silero: Silero, settings: EarSettings) -> None:
        """Judge with another detector and its thresholds from now on; while nobody speaks, or an edge would be lost."""
        self._detectors = [silero] + [silero.twin() for _ in self._detectors[1:]]
        self._onset = Onset(settings)

    def meet(self) -> None:
        """Somebody else stands there now: what is known of the last one's voice is forgotten."""
        self._nearness.forget()

    def skip(self, samples: int) -> None:
        """As much was lost between two frames."""
        self.position += samples
        self._judged += samples
        self._cancelling.watch.skip(samples)
        self._forget()

    def _judge(self) -> Iterator[News]:
        position = self._judged
        agent = self._guard > 0
        voice, clean, suspected = self._weigh(agent)
        if agent and self._cancelled > 0:
            self.erle.feed(_energy(self._raw[:CHUNK]), min(_energy(one[:CHUNK]) for one in self._clean[:JUDGED]))
        near = self._nearness.feed(self._clean[0][:CHUNK], voice, speaking=self._onset.speaking, agent=agent)
        if suspected and near and not self._onset.speaking:
            yield VoiceSuspected(position)
        voice = voice if near else 0.0
        yield Heard(position, clean.copy(), voice, dbfs(self._raw[:CHUNK]))
        yield from self._edge(position, voice, self._sureness if agent else None)
        self._judged += CHUNK
        self._filled -= CHUNK
        self._cancelled -= CHUNK
        for buffer in (self._raw, self._quiet, *self._clean):
            buffer[: self._filled] = buffer[CHUNK : CHUNK + self._filled]

    def _peek(self) -> Iterator[News]:
        """Look for a voice in the last CHUNK samples, between two chunks, while nobody speaks but the agent."""
        if self._guard <= 0 or len(self._clean) == 1 or self._cancelled <= 0 or self._onset.speaking:
            return
        heard, whole = self._lately
        stands_out = self._remains.stands_out(dbfs(whole[CONTEXT:]), dbfs(heard[CONTEXT:]))
        if not stands_out or not self._nearness.peek(whole[CONTEXT:]):
            return
        position, linear = self._judged + self._filled - CHUNK, self._detectors[0].peek(whole)
        if self._suspicion.peek(linear):
            yield VoiceSuspected(position)
        voice = gate.probability(linear, 0.0, stands_out=True)
        if voice >= self._sureness.twice:
            yield from self._edge(position, voice, self._sureness)

    @property
    def _sureness(self) -> gate.Sureness:
        """That a voice over the agent's needs."""
        if len(self._clean) == 1:
            return gate.ALONE
        return gate.STRANGE if self._strange and not self._remains.known else gate.TOGETHER

    def _edge(self, position: int, voice: float, sureness: gate.Sureness | None) -> Iterator[News]:
        edge = self._onset.feed(position, voice, sureness)
        if edge is not None:
            self._suspicion.confirm()
            yield edge

    def _weigh(self, agent: bool) -> tuple[float, Samples, bool]:
        """The probability of a voice in this chunk, the signal to listen to, and whether a voice is suspected in it."""
        whole = self._clean[0][:CHUNK]
        linear = self._detectors[0].probability(whole if self._cancelled > 0 else self._quiet[:CHUNK])
        if len(self._clean) == 1:
            return linear, whole, False
        if not agent:
            self._remains.pause()
        if self._cancelled <= 0:
            self._detectors[1].follow(self._detectors[0])
            return linear, whole, False
        suppressed = self._clean[1][:CHUNK]
        left, heard = dbfs(whole), dbfs(self._raw[:CHUNK])
        stands_out = agent and self._remains.feed(linear, left, heard)
        voice = gate.probability(linear, self._detectors[1].probability(suppressed), stands_out=stands_out)
        suspected = agent and self._suspicion.feed(linear, left, heard, stands_out=stands_out)
        self._begin_anew()
        whole_voice = self._onset.speaking or voice >= self._sureness.off
        return voice, self._clean[-1][:CHUNK] if whole_voice else suppressed, suspected

    def _begin_anew(self) -> None:
        for number, detector in enumerate(self._detectors):
            quiet = dbfs(self._clean[number][:CHUNK]) < gate.LEAST_DBFS
            self._quiet_for[number] = (self._quiet_for[number] + 1) % QUIET_CHUNKS if quiet else 0
            if quiet and self._quiet_for[number] == 0:
                detector.reset()

    def _forget(self) -> None:
        self._lately[:] = 0
        if self._filled or self._onset.speaking:
            self._judged += self._filled
            self._filled = self._cancelled = 0
            for detector in self._detectors:
                detector.reset()
            self._onset.reset()
            for buffer in (self._raw, self._quiet, *self._clean):
                buffer[:] = 0  # The microphone may have been closed.


def _energy(samples: Samples) -> float:
    return float(samples @ samples) / samples.size
