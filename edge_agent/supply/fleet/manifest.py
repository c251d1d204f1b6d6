"""A release read from the bytes of its manifest, none of which is believed before it is checked.

1. A manifest has one spelling: `encode(parse(data)) == data`, or `parse` refuses. No duplicate key, no NaN, no float
   for a whole number, no number as a text.
2. Everything is bounded: bytes, components, files, chunks, sizes, depth of folders, texts.
3. A path stays below its component's folder on every file system: plain ASCII words, no `.` or `..`, nothing absolute,
   no two that differ in case alone, none that is both file and folder, no name that some system keeps for a device.
   There is no word for a link.
4. The chunks of a file add up to it.
5. Settings come from a short list: a release can change how the agent hears and talks, never what leaves the device.
"""

import re
from collections.abc import Iterable, Mapping

from edge_agent.base.errors import InputError
from edge_agent.supply.fleet.release import (
    CHUNK_BYTES,
    MANIFEST,
    SCHEMA,
    Answer,
    Chunk,
    Component,
    File,
    Format,
    Part,
    Release,
    Requires,
    encode,
)
from edge_agent.supply.fleet.strict import Table, loads

MANIFEST_BYTES_MAX = 8 << 20
FILE_BYTES_MAX = 1 << 36
COMPONENTS_MAX, FILES_MAX, CHUNKS_MAX, ANSWERS_MAX = 16, 1024, 1 << 16, 64
DEPTH_MAX, TEXT_MAX = 8, 16_384

SETTINGS = frozenset({
    *("mind.persona", "mind.context_tokens", "mind.reply_tokens", "mind.temperature", "mind.skills", "mind.partial_ms"),
    *("voice.speed", "voice.first_phrase_chars"),
    *("floor.silence_ms", "floor.complete_ms", "floor.unsure_cap_ms", "floor.finished_at", "floor.unfinished_at"),
    *("ear.voice_on", "ear.voice_off", "ear.onset_ms", "ear.offset_ms"),
})  # fmt: skip
"""What a release may set. Nothing that chooses a device, a place on the disk, an address, or what is kept private."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def parse(data: bytes) -> Release:
    """Read a manifest; InputError says what is wrong with it."""
    try:
        release = _release(loads(data, MANIFEST_BYTES_MAX))
        if encode(release) != data:
            raise ValueError("it is not in its canonical spelling")
    except ValueError as error:
        raise InputError(f"this is no release manifest: {error}", hint="Build it with `edge-fleet release`.") from error
    return release


def _release(table: Table) -> Release:
    table.number("schema", SCHEMA, SCHEMA)
    requires = table.table("requires")
    release = Release(
        name=table.text("name", _NAME, 64),
        version=table.text("version", _VERSION),
        counter=table.number("counter", 1),
        components=table.each("components", COMPONENTS_MAX, _component, least=1),
        requires=Requires(
            agent_api_min=requires.number("agent_api_min", 1),
            agent_api_max=requires.number("agent_api_max", 1),
            arch=requires.texts("arch", 8, _NAME),
            cpu=requires.texts("cpu", 64, _NAME),
            ram_mb=requires.number("ram_mb"),
            disk_mb=requires.number("disk_mb"),
        ),
        answers=table.each("answers", ANSWERS_MAX, _answer),
        settings=_settings(table.table("settings").rest()),
        barrier=table.flag("barrier"),
    )
    requires.end()
    table.end()
    _check(release)
    return release


def _component(table: Table) -> Component:
    return Component(
        name=table.text("name", _NAME, 64),
        kind=Part(table.text("kind")),
        format=Format(table.text("format")),
        licence=table.text("licence"),
        upstream=table.text("upstream", most=2048),
        files=table.each("files", FILES_MAX, _file, least=1),
    )


def _file(table: Table) -> File:
    size = table.number("size", 0, FILE_BYTES_MAX)
    chunks = tuple(_chunk(value) for value in table.many("chunks", CHUNKS_MAX))
    if sum(chunk.size for chunk in chunks) != size:
        raise ValueError("the chunks of a file don't add up to it")
    return File(_path(table.text("path")), size, table.text("sha256", _SHA256), chunks)


def _chunk(value: object) -> Chunk:
    match value:
        case [str(sha256), int(size)] if _SHA256.fullmatch(sha256) and 0 < size <= CHUNK_BYTES and size is not True:
            return Chunk(sha256, size)
    raise ValueError(f"a chunk must be [sha256, size], with 1 to {CHUNK_BYTES} bytes")


def _answer(table: Table) -> Answer:
    return Answer(
        component=table.text("component", _NAME, 64),
        given=table.text("given", most=2048),
        expect=table.texts("expect"),
        min_ms=table.number("min_ms", 0, 60_000),
        max_ms=table.number("max_ms", 0, 60_000),
    )


def _settings(values: Mapping[str, object]) -> dict[str, bool | int | float | str]:
    settings: dict[str, bool | int | float | str] = {}
    for name, value in values.items():
        if name not in SETTINGS:
            raise ValueError(f"a release may not set {name[:80]!r}")
        if not isinstance(value, bool | int | float | str) or len(str(value)) > TEXT_MAX:
            raise ValueError(f"the setting {name!r} must be one short value")
        settings[name] = value
    return settings


def _path(path: str) -> str:
    words = path.split("/")
    for word in words:
        if not _NAME.fullmatch(word) or word.split(".")[0].casefold() in _RESERVED or word.endswith("."):
            raise ValueError(f"the path {path[:80]!r} is not allowed")
    if len(words) > DEPTH_MAX:
        raise ValueError(f"the path {path[:80]!r} is more than {DEPTH_MAX} deep")
    return path


def _check(release: Release) -> None:
    """Check what no part can see alone."""
    names = {component.name: component for component in release.components}
    if len({name.casefold() for name in names}) < len(release.components):
        raise ValueError("two components have the same name")
    models = [one.kind for one in release.components if one.kind not in (Part.WAKE, Part.DATA)]
    if len(set(models)) < len(models):
        raise ValueError("two models do the same")
    if sum(len(component.files) for component in release.components) > FILES_MAX:
        raise ValueError(f"it has more than {FILES_MAX} files")
    if sum(len(file.chunks) for _, file in release.files()) > CHUNKS_MAX:
        raise ValueError(f"it has more than {CHUNKS_MAX} chunks")
    for component in release.components:
        _check_name(component.name)
        _check_paths(file.path for file in component.files)
    paths = {path for path, _ in release.files()}
    for answer in release.answers:
        model = names.get(answer.component)
        if model is None or model.kind not in (Part.STT, Part.LLM, Part.TTS):
            raise ValueError(f"nothing answers for {answer.component!r}")
        if model.kind is Part.STT and answer.given not in paths:
            raise ValueError(f"the clip {answer.given[:80]!r} is not among the files")
        if (model.kind is Part.TTS and not answer.min_ms <= answer.max_ms) or (
            model.kind is not Part.TTS and not answer.expect
        ):
            raise ValueError(f"an answer of {answer.component!r} can't be checked")
    if release.requires.agent_api_min > release.requires.agent_api_max:
        raise ValueError("no agent can run it")


def _check_name(name: str) -> None:
    if name in (MANIFEST, "current") or _path(name) != name:
        raise ValueError(f"a component can't be named {name!r}")


def _check_paths(paths: Iterable[str]) -> None:
    seen: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        folded = path.casefold()
        if folded in seen:
            raise ValueError(f"the path {path!r} stands there twice")
        seen.add(folded)
        words = folded.split("/")
        folders.update("/".join(words[:end]) for end in range(1, len(words)))
    if seen & folders:
        raise ValueError("a path is both file and folder")
