"""Is everything here that a conversation needs? Checks in the order of the signal, each with what to do about it.

1. A check says what it saw, and how to mend what is wrong. It changes nothing.
2. What depends on a failed check is skipped, not failed again: the first ✗ is the one to mend.
3. A warning is something that works, but not well.
4. The microphone is opened only after `listening` was called, which tells whoever sits there. What it hears is
   measured and forgotten. Nothing goes to the network.

Engines (`vad`, `stt`, `llm`, `tts`) prove themselves by their own known-answer tests; the caller brings those.
"""

import os
import platform
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from edge_agent.base import layers
from edge_agent.base.errors import DeviceError, EdgeAgentError
from edge_agent.base.paths import Paths, paths
from edge_agent.base.settings import ModelSettings, Settings
from edge_agent.host import sound
from edge_agent.host.check import Check, Verdict
from edge_agent.host.service_check import judge_service, seen
from edge_agent.supply import catalogue
from edge_agent.supply.store import Store
from edge_agent.workers import budget

OWN_MEMORY_MB = 250
"""The agent itself and three bare Python processes for the engines, roughly."""

CLOCK_FLOOR_S = 1_767_225_600
"""2026-01-01: a clock before this one was never set, and every certificate is then `not yet valid`."""

Proof = Callable[[Settings], str]
"""Returns what was proven in words; raises one of our errors."""


def examine(
    load: Callable[[], Settings], proofs: Mapping[str, Proof], listening: Callable[[], None]
) -> Iterator[Check]:
    """Yield every check, in order, as it is made."""
    where = paths()
    yield machine()
    configured = config(load, where)
    yield configured
    settings = load() if configured.verdict is Verdict.OK else Settings()
    if settings.cloud.stt and not settings.privacy.local_only:
        yield leaving(settings)

    host = _looked("audio.host", audio_host)
    yield host
    if host.verdict is Verdict.FAILED:
        yield from (Check(id, Verdict.SKIPPED, "there is no sound system") for id in ("audio.in", "audio.out"))
    else:
        listening()
        yield from audio(settings)

    present = _looked("models", lambda: models(settings.models, where, settings.ear.wake_word))
    yield present
    yield _looked("memory", lambda: memory(settings.models, wake=settings.ear.wake_word))
    yield threads(settings.workers.threads, budget.cores())
    yield permissions(where)
    yield judge_service(seen())
    for id, proof in proofs.items():
        if present.verdict is Verdict.FAILED:
            yield Check(id, Verdict.SKIPPED, "its model is not here, or another one is not")
        else:
            yield _looked(id, partial(_proven, id, proof, settings))


def machine() -> Check:
    """Python, processor and clock."""
    libc = " ".join(platform.libc_ver())
    about = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {libc}"
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Check("platform", Verdict.FAILED, about, "Use Python 3.11, 3.12 or 3.13.")
    if time.time() < CLOCK_FLOOR_S:
        return Check("platform", Verdict.WARNED, f"{about}; the clock was never set", "`sudo timedatectl set-ntp true`")
    if platform.machine() == "x86_64" and "avx2" not in _cpu_flags():
        return Check("platform", Verdict.WARNED, f"{about}, no AVX2", "It works, but answers will be slow here.")
    return Check("platform", Verdict.OK, about)


def config(load: Callable[[], Settings], where: Paths) -> Check:
    """Settings files, environment and command line."""
    wrong = layers.check(places=where)
    if wrong:
        more = f" (and {len(wrong) - 1} more: `edge-agent config check`)" if len(wrong) > 1 else ""
        return Check("config", Verdict.FAILED, f"{wrong[0]}{more}", wrong[0].hint)
    try:
        load()
    except EdgeAgentError as error:
        return Check("config", Verdict.FAILED, str(error), error.hint)
    read = [str(path) for path in layers.files(where) if path.exists()]
    return Check("config", Verdict.OK, ", ".join(read) or "no settings file, everything is built in")


def leaving(settings: Settings) -> Check:
    """That sound leaves the device, where an endpoint was chosen to hear."""
    names = ", ".join(ear.name for ear in settings.cloud.stt)
    fix = "That is what cloud.stt is for; without it, or with privacy.local_only, no sound leaves."
    return Check("sound", Verdict.WARNED, f"the sound of what is said is sent to {names}", fix)


def audio_host() -> Check:
    """Whether PortAudio is there and sees any device."""
    found = sound.host_apis()
    if found:
        return Check("audio.host", Verdict.OK, f"PortAudio sees devices of {', '.join(found)}")
    return Check("audio.host", Verdict.FAILED, "PortAudio sees no device at all", _why_no_device())


def require_audio() -> None:
    """DeviceError where PortAudio sees no device, with the remedy."""
    seen = audio_host()
    if seen.verdict is Verdict.FAILED:
        raise DeviceError(seen.message, hint=seen.fix)


def audio(settings: Settings) -> Iterator[Check]:
    """Open microphone and loudspeaker as a conversation does; listen, then chirp."""
    try:
        heard = sound.measure(settings.audio)
    except EdgeAgentError as error:
        yield Check("audio.in", Verdict.FAILED, str(error), error.hint)
        yield Check("audio.out", Verdict.SKIPPED, "it is opened together with the microphone")
        return
    yield judge_input(heard)
    yield judge_output(heard)


def models(settings: ModelSettings, where: Paths, wake: str = "") -> Check:
    """Whether the chosen models are whole, by names and sizes."""
    store = Store(settings.folder or where.models)
    chosen = catalogue.load(settings.catalogue).chosen(settings, wake)
    for model in chosen.values():
        store.folder(model)
    return Check("models", Verdict.OK, f"{', '.join(model.name for model in chosen.values())} in {store.root}")


def memory(settings: ModelSettings, meminfo: Path = Path("/proc/meminfo"), wake: str = "") -> Check:
    """Whether the chosen models fit."""
    chosen = catalogue.load(settings.catalogue).chosen(settings, wake)
    needed_mb = OWN_MEMORY_MB + sum(model.memory_mb for model in chosen.values())
    found = re.search(r"^MemAvailable:\s+(\d{1,15}) kB", meminfo.read_text(errors="replace"), re.ASCII | re.MULTILINE)
    if found is None:
        return Check("memory", Verdict.WARNED, f"about {needed_mb} MB needed; {meminfo} does not tell what is free")
    free_mb = int(found[1]) // 1024
    about = f"about {needed_mb} MB needed, {free_mb} MB free"
    if free_mb < needed_mb:
        return Check("memory", Verdict.FAILED, about, 'Close something, or set models.profile to "tiny".')
    return Check("memory", Verdict.OK, about)


def threads(wanted: int, cores: int) -> Check:
    """Whether the engines get as many threads as there are cores, and no more."""
    each = budget.share(wanted)
    about = f"{cores} cores; {each.stt} threads for Whisper, {each.llm} for the model, {each.tts} for the voice"
    if wanted > cores:
        return Check("threads", Verdict.WARNED, about, "More threads than cores are slower: set workers.threads to 0.")
    if cores < 2:
        return Check("threads", Verdict.WARNED, about, "One core answers late; give it two.")
    return Check("threads", Verdict.OK, about)


def permissions(where: Paths) -> Check:
    """Whether what must be written can be."""
    for folder in (where.models, where.state, where.cache):
        nearest = next(place for place in (folder, *folder.parents) if place.exists())
        if not os.access(nearest, os.W_OK | os.X_OK):
            # Only ever our own folder: what lies above it may be everybody's.
            give = "chown -R" if nearest == folder else "install -d -o"
            fix = f"`sudo {give} {os.environ.get('USER', os.getuid())} {folder}`, or run as the owner of {nearest}."
            return Check("permissions", Verdict.FAILED, f"{nearest} may not be written", fix)
    return Check("permissions", Verdict.OK, f"{where.models}, {where.state} and {where.cache} may be written")


def judge_input(heard: sound.Measured) -> Check:
    """What the microphone's second of sound says about it."""
    about = f"{heard.device} at {heard.rate_hz} Hz, {heard.level_dbfs:.0f} dBFS"
    if abs(heard.speed - 1) > sound.SPEED_TOLERANCE:
        fix = "Another program or a bad cable disturbs it; try another port, or set audio.rate_hz."
        return Check("audio.in", Verdict.FAILED, f"{about}, but it runs at {heard.speed:.0%} of its rate", fix)
    if heard.level_dbfs <= sound.MUTED_DBFS:
        fix = "Unmute the microphone (`alsamixer`, or the desktop's sound settings), or choose another: audio.input."
        return Check("audio.in", Verdict.WARNED, f"{about}: silent, perhaps muted", fix)
    if heard.clipped:
        return Check("audio.in", Verdict.WARNED, f"{about}: clipping", "Lower the microphone's gain (`alsamixer`).")
    return Check("audio.in", Verdict.OK, about)


def judge_output(heard: sound.Measured) -> Check:
    """What became of the chirp."""
    if not heard.played:
        fix = "Choose another loudspeaker: audio.output; `edge-agent devices` lists them."
        return Check("audio.out", Verdict.FAILED, "it took no sound", fix)
    if heard.delay_ms is None:
        fix = "Fine with headphones. Otherwise turn the loudspeaker up."
        return Check("audio.out", Verdict.WARNED, "it took a chirp, but the microphone did not hear it", fix)
    return Check("audio.out", Verdict.OK, f"the microphone heard its chirp {heard.delay_ms:.0f} ms later")


def _proven(id: str, proof: Proof, settings: Settings) -> Check:
    return Check(id, Verdict.OK, proof(settings))


def _looked(id: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except EdgeAgentError as error:
        return Check(id, Verdict.FAILED, str(error), error.hint)


def _cpu_flags() -> frozenset[str]:
    lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())


def _why_no_device() -> str:
    # The sound server of a desktop lives in the session of whoever is logged in; a service or an ssh session without
    # lingering does not reach it, and nothing else says so.
    if not os.environ.get("XDG_RUNTIME_DIR"):
        return "No login session here, so no PipeWire or PulseAudio: `sudo loginctl enable-linger $USER`, log in again."
    return "Plug in a microphone and a loudspeaker; `arecord -l` shows what the kernel sees."
