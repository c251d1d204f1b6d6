"""What to do about what a calibration found, in plain words. Pure.

A failed check means that no conversation is possible like this; a warning, that one is, and could be better.
"""

from collections.abc import Iterator

from edge_agent.base.settings import Canceller
from edge_agent.host import sound
from edge_agent.host.calibration import Calibration
from edge_agent.host.check import Check, Verdict
from edge_agent.talk.ear import echo
from edge_agent.talk.ear.pairing import STEPS_PPM

ECHO_DB_MAX = 3.0
"""Loudest echo, against what was played, that leaves room for a voice beside it."""

DISTORTION_PCT_MAX = 5.0
"""More of it no linear canceller takes out: it is not in what was played."""

ERLE_DB_MIN = 10.0
AUDIBLE_DB = 10.0
"""Above the noise, from which what is left may be taken for a voice."""

INAUDIBLE_DBFS = -65.0
"""Below it nothing is taken for a voice, however quiet the room."""


def advice(found: Calibration, chosen: Canceller) -> Iterator[Check]:
    """Yield what a calibration says about the devices, in the order of the signal, and about the `chosen` canceller."""
    yield microphone(found)
    yield loudspeaker(found)
    yield clocks(found)
    if found.delay_ms is None:
        yield no_echo(found, chosen)
    else:
        yield loudness(found)
        yield canceller(found, chosen)


def microphone(found: Calibration) -> Check:
    """Whether it hears, in time and without clipping."""
    about = f"{found.device} at {found.rate_hz} Hz, noise {found.noise_dbfs:.0f} dBFS"
    if abs(found.speed - 1) > sound.SPEED_TOLERANCE:
        fix = "Another program or a bad cable disturbs it; try another port, or set audio.rate_hz."
        return Check("audio.in", Verdict.FAILED, f"{about}, but it runs at {found.speed:.0%} of its rate", fix)
    if found.peak_dbfs <= sound.MUTED_DBFS:
        fix = "Unmute the microphone (`alsamixer`, or the desktop's sound settings), or choose another: audio.input."
        return Check("audio.in", Verdict.FAILED, f"{about}: silent, perhaps muted", fix)
    if found.clipped:
        fix = "Lower the microphone's gain (`alsamixer`), or turn the loudspeaker down."
        return Check("audio.in", Verdict.WARNED, f"{about}: clipping", fix)
    return Check("audio.in", Verdict.OK, about)


def loudspeaker(found: Calibration) -> Check:
    """Whether what it was given was heard, and when."""
    if found.starved:
        fix = "Close what else is at work here, and calibrate again."
        return Check("audio.out", Verdict.WARNED, "it had to wait for this machine; the figures are worth little", fix)
    if found.delay_ms is None:
        return Check("audio.out", Verdict.WARNED, "the microphone heard nothing of it", "See audio.echo.")
    return Check(
        "audio.out", Verdict.OK,
        f"heard {found.delay_ms:.0f} ms after it was given; the sound system reports {found.reported_ms:.0f} ms",
    )  # fmt: skip


def clocks(found: Calibration) -> Check:
    """Whether the two devices agree on how long a second is."""
    if found.drift_ppm is None:
        return Check("audio.clocks", Verdict.SKIPPED, "their drift can't be told without an echo")
    about = f"the loudspeaker's clock is {abs(found.drift_ppm):.0f} millionths "
    about += "slower than the microphone's" if found.drift_ppm >= 0 else "faster than the microphone's"
    if abs(found.drift_ppm) > STEPS_PPM:
        fix = "More than is followed: set audio.rate_hz to the devices' own rate, or use one device for both."
        return Check("audio.clocks", Verdict.WARNED, about, fix)
    return Check("audio.clocks", Verdict.OK, about)


def no_echo(found: Calibration, chosen: Canceller) -> Check:
    """Headphones, or a loudspeaker that is off."""
    fix = "With a loudspeaker: turn it up, or choose another: audio.output."
    if chosen is not Canceller.OFF:
        fix = f'With headphones all is well, and ear.canceller = "off" saves power. {fix}'
    return Check("audio.echo", Verdict.WARNED, "no echo: headphones, or a loudspeaker that is off", fix)


def loudness(found: Calibration) -> Check:
    """Whether a voice has a chance beside the echo."""
    assert found.echo_db is not None
    about = f"heard at {found.echo_db:+.0f} dB of what was played"
    if found.distortion_pct is not None:
        about += f", about {found.distortion_pct:.1f} % distorted"
    if found.clipped or found.echo_db > ECHO_DB_MAX:
        fix = "Turn the loudspeaker down, lower the microphone's gain, or move them apart."
        return Check("audio.echo", Verdict.WARNED, f"{about}: too loud to hear a voice beside it", fix)
    if found.distortion_pct is not None and found.distortion_pct > DISTORTION_PCT_MAX:
        fix = "Turn the loudspeaker down; what it adds by itself is hard to cancel."
        return Check("audio.echo", Verdict.WARNED, about, fix)
    return Check("audio.echo", Verdict.OK, about)


def canceller(found: Calibration, chosen: Canceller) -> Check:
    """Whether the echo is taken out."""
    about = "takes out: " + ", ".join(f"{name} {db:.0f} dB" for name, db in found.erle_db.items())
    used = list(dict.fromkeys(one.name for one in echo.choose(chosen) if one.name in found.erle_db))
    if not used:
        fix = "There is an echo: set ear.canceller to auto, or it will hear itself."
        return Check("audio.canceller", Verdict.WARNED, f"{about}; but none is used", fix)
    left_dbfs = min(found.left_dbfs[name] for name in used)
    audible = left_dbfs > max(found.noise_dbfs + AUDIBLE_DB, INAUDIBLE_DBFS)
    if audible and max(found.erle_db[name] for name in used) < ERLE_DB_MIN:
        fix = "Turn the loudspeaker down, move it away from the microphone, and set ear.canceller to auto."
        return Check("audio.canceller", Verdict.WARNED, f"{about}; the echo is not removed", fix)
    return Check("audio.canceller", Verdict.OK, f"{about}; used: {' and '.join(used)}")
