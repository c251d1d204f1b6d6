"""Every setting there is: one frozen class per room, each field with its unit and what changing it does.

These are values, nothing else. Where they come from (files, environment, command line) is `layers.py`.
"""

from enum import StrEnum
from pathlib import Path

from pydantic import Field

from edge_agent.base.guest_settings import ApiSettings, LogSettings, TraceSettings
from edge_agent.base.room import Room
from edge_agent.base.settings_cloud import CloudSettings
from edge_agent.base.settings_fleet import FleetSettings
from edge_agent.base.settings_tools import ToolSettings


class Canceller(StrEnum):
    """How the agent's own voice is taken out of what the microphone hears."""

    AUTO = "auto"  # the best that is installed
    AEC3 = "aec3"  # WebRTC's, the stronger one
    SPEEX = "speex"  # the portable one
    OFF = "off"  # headphones, or a sound card that cancels by itself


class Place(StrEnum):
    """Where the agent stands, and so which voices are meant for it."""

    ROOM = "room"  # quiet, others may talk in the background
    CAR = "car"  # loud and low, and the driver stays
    HALL = "hall"  # full of other people's voices
    ANYWHERE = "anywhere"  # whoever speaks is meant, from however far


class Consent(StrEnum):
    """What may happen to one kind of private word before a turn leaves the device."""

    REDACT = "redact"  # it stays here, a placeholder goes
    ALLOW = "allow"  # it goes as it was said
    BLOCK = "block"  # the whole turn stays here


class AudioSettings(Room):
    """The ear's and the voice's device."""

    input: str = ""
    """Part of the microphone's name as `edge-agent devices` prints it; empty takes the system's default."""
    output: str = ""
    """Part of the loudspeaker's name; empty takes the system's default."""
    rate_hz: int = Field(0, ge=0, le=192_000)
    """Sample rate asked of the device; 0 takes the device's own. 48000, 44100 and 16000 are tried after it."""
    virtual_room: Path | None = None
    """For tests where there is no sound card: a folder of wavs that somebody speaks in a simulated room, in place of
    microphone and loudspeaker."""
    lead_ms: int = Field(10, ge=10, le=500)
    """Sound queued ahead of the loudspeaker, ms, to begin with: it grows where that is too little, at most to 100. More
    survives a busier machine; every ms delays answer and silence."""


class EarSettings(Room):
    """What counts as a voice."""

    canceller: Canceller = Canceller.AUTO
    """Echo canceller; `off` only with headphones, or it will hear itself."""
    place: Place = Place.ROOM
    """Where it stands: how far a voice must stand out against noise, and how near it must be to the user's level, so
    that people in the background are not answered. `anywhere` hears them all."""
    suppress_noise: bool = True
    """Whether noise is taken out of what the voice detector hears; speech to text hears it as it is."""
    voice_on: float = Field(0.6, gt=0, lt=1)
    """Voice probability above which speech begins. Higher misses soft talkers, lower hears voices in noise."""
    voice_off: float = Field(0.35, gt=0, lt=1)
    """Voice probability below which speech ends; a little under `voice_on`, so that it does not flicker."""
    onset_ms: int = Field(64, ge=32, le=1000)
    """Voice needed before it counts, ms. Longer ignores clicks, and notices an interruption later."""
    offset_ms: int = Field(64, ge=32, le=2000)
    """Silence that counts as a pause, ms: the soft end, where a draft of the answer is begun."""
    preroll_ms: int = Field(400, ge=0, le=2000)
    """Sound kept from before the onset, ms, so that no first consonant is lost."""
    wake: str = "off"
    """What wakes it: `off` listens always, `button` only from the talk key, anything else is a wake word by its name
    in `edge-agent models list`."""
    wake_at: float = Field(0.5, gt=0, lt=1)
    """Likelihood from which the wake word counts as said. Lower wakes in noise and by mistake, higher has to be told
    twice."""
    follow_up_s: float = Field(6.0, ge=0, le=120)
    """How long after it was woken, or its answer is over, it listens without its wake word, s."""
    asked_s: float = Field(12.0, ge=0, le=120)
    """The same after an answer that ends with a question."""

    @property
    def wake_word(self) -> str:
        """The name of its model; empty where there is none."""
        return "" if self.wake in ("off", "button") else self.wake


class FloorSettings(Room):
    """When a turn is over, and what an interruption is."""

    silence_ms: int = Field(700, ge=100, le=5000)
    """Silence that ends a turn when nothing else is known, ms. Shorter cuts people off, longer feels deaf."""
    complete_ms: int = Field(200, ge=100, le=5000)
    """Silence that ends a turn which sounds finished, ms."""
    unsure_cap_ms: int = Field(1600, ge=100, le=10_000)
    """Silence that ends a turn which sounds unfinished, ms: the longest anybody waits."""
    finished_at: float = Field(0.9, gt=0, lt=1)
    """Likelihood, 0-1, from which a turn is surely over. Lower answers sooner and cuts people off more often."""
    unfinished_at: float = Field(0.01, gt=0, lt=1)
    """Likelihood, 0-1, below which a turn is waited for as long as `unsure_cap_ms`. Higher waits more often."""
    turn_cap_s: float = Field(28, gt=1, le=29)
    """Longest turn, s: Whisper hears 30 s at once. What was said until then is answered."""
    merge_ms: int = Field(600, ge=0, le=2000)
    """How long after its first sound an answer is taken back for a user who goes on, ms. Longer answers more turns
    whole, and says again what an early interruption cut off."""
    hold_ms: int = Field(0, ge=0, le=2000)
    """Voice over the agent's own, after it was noticed, for which it falls silent and keeps the rest, ms. Longer talks
    over people, shorter stutters at coughs."""
    confirm_ms: int = Field(1500, ge=0, le=10_000)
    """The same that is an interruption before its words are known, ms. Longer forgives longer laughs; it is silent
    meanwhile."""
    duck_db: float = Field(-24, le=0, ge=-60)
    """How far the agent lowers its voice while it makes sure, dB."""
    reply_timeout_s: float = Field(8, gt=0, le=120)
    """Longest wait for the first sound of an answer, s; then the agent says that it failed and listens again."""
    speaking_cap_s: float = Field(120, gt=1, le=3600)
    """Longest the agent speaks in one go, s: if the loudspeaker never reports the end, it listens again after this."""


class MindSettings(Room):
    """What it understands and what it says."""

    persona: str = "You are a helpful AI assistant. Answer in one or two short sentences."
    """The system prompt. Every word costs prompt time once, when the agent starts."""
    context_tokens: int = Field(2048, ge=256, le=32_768)
    """Context of the language model, tokens; older turns are forgotten when it is full. More takes more memory."""
    reply_tokens: int = Field(96, ge=8, le=1024)
    """Longest answer, tokens."""
    temperature: float = Field(0, ge=0, le=2)
    """0 answers alike each time, 1 wanders; small models wander off."""
    skills: bool = True
    """Whether timers, time, volume and their like are understood by grammar before the model is asked."""
    grammars: tuple[str, ...] = ()
    """Your own grammars: files in Rhino's format (`context:`), or folders of sentences in Home Assistant's."""
    notes: Path | None = None
    """Your notes: a folder of .md, .txt and .yaml files that questions are answered from, in their own words. What they
    don't say is handed to the cloud, or not known: see notes.md."""
    partial_ms: int = Field(1000, ge=100, le=5000)
    """Speech before the first partial transcript, ms; the next come after as much again, and then twice as much apart.
    Shorter shows words sooner and uses more of the processor."""


class VoiceSettings(Room):
    """How it speaks."""

    volume: float = Field(0.8, ge=0, le=1)
    """Loudness, 0-1; "louder" and "quieter" move it while the agent runs."""
    speed: float = Field(1.0, ge=0.5, le=2.0)
    """Speaking rate, 1 as the voice was trained."""
    first_phrase_chars: int = Field(12, ge=1, le=200)
    """Characters before the first phrase may be cut at a clause. Shorter speaks sooner, and choppier."""


class ModelSettings(Room):
    """Which models do the work; names as `edge-agent models list` prints them."""

    profile: str = "auto"
    """A set of models from the catalogue: `tiny` answers sooner and fits a 1 GB board, `standard` hears fewer words
    wrong; `auto` takes `standard` where the processor has fast 8-bit products (VNNI), and `tiny` elsewhere."""
    stt: str = ""
    """Speech to text; empty takes the profile's."""
    llm: str = ""
    """Language model; empty takes the profile's."""
    tts: str = ""
    """Voice; empty takes the profile's."""
    folder: Path | None = None
    """Where models are kept; empty takes the place that `edge-agent paths` prints."""
    catalogue: Path | None = None
    """Another catalogue than the one that ships."""
    sources: tuple[str, ...] = ()
    """Folders or https addresses that are asked before the catalogue's own sources."""


class WorkerSettings(Room):
    """The processes that hold the engines."""

    threads: int = Field(0, ge=0, le=64)
    """Threads for all engines together; 0 takes the cores that this process may use."""
    start_timeout_s: float = Field(60, gt=0, le=600)
    """Longest start of an engine, s, its known-answer test included."""
    grown_mb: int = Field(256, ge=0, le=65_536)
    """What an engine may grow by, MB, before a fresh process takes its place in a quiet moment; 0 replaces none. Too
    little replaces engines that have only come to their natural size."""


class PrivacySettings(Room):
    """What may leave the device: only ever text, and what of it."""

    local_only: bool = False
    """Whether nothing at all leaves: every turn is answered here, and no network socket is opened."""
    lamp: bool = False
    """Whether the microphone is open only while a lamp shows it, which another program switches (privacy.md). While no
    such program is connected the agent is deaf."""
    keep_last: bool = False
    """Whether what was sent last is kept in a file of this user's alone, for `edge-agent privacy last`."""
    names: tuple[str, ...] = ()
    """Names of people to keep back, as they are written: the whole name, and its parts where they stand alone."""
    addresses: tuple[str, ...] = ()
    """Addresses to keep back, their lines separated by commas: `"12 Rose Lane, Springfield, 99501"`."""
    when_card: Consent = Consent.REDACT
    """What happens to card numbers, their expiry and codes, PINs."""
    when_phone: Consent = Consent.REDACT
    """What happens to telephone numbers."""
    when_email: Consent = Consent.REDACT
    """What happens to e-mail addresses."""
    when_account: Consent = Consent.REDACT
    """What happens to IBANs, account numbers and sort codes."""
    when_id: Consent = Consent.REDACT
    """What happens to social security, tax, passport and other numbers by which a state knows somebody."""
    when_name: Consent = Consent.REDACT
    """What happens to the `names` above."""
    when_address: Consent = Consent.REDACT
    """What happens to the `addresses` above."""


class Settings(Room):
    """Everything, room by room."""

    audio: AudioSettings = AudioSettings()
    ear: EarSettings = EarSettings()
    floor: FloorSettings = FloorSettings()
    mind: MindSettings = MindSettings()
    cloud: CloudSettings = CloudSettings()
    voice: VoiceSettings = VoiceSettings()
    models: ModelSettings = ModelSettings()
    workers: WorkerSettings = WorkerSettings()
    fleet: FleetSettings = FleetSettings()
    privacy: PrivacySettings = PrivacySettings()
    tools: ToolSettings = ToolSettings()
    api: ApiSettings = ApiSettings()
    log: LogSettings = LogSettings()
    trace: TraceSettings = TraceSettings()
