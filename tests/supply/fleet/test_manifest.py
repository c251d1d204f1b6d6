"""A manifest is read whole, or refused with the reason."""

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releases import release

from edge_agent.base.errors import InputError
from edge_agent.supply.fleet.manifest import MANIFEST_BYTES_MAX, parse
from edge_agent.supply.fleet.release import CHUNK_BYTES, Part, encode
from edge_agent.supply.fleet.strict import canonical, loads


def table(release):
    return json.loads(encode(release))


def refused(data: bytes) -> str:
    with pytest.raises(InputError) as told:
        parse(data)
    return str(told.value)


def test_what_is_longer_than_allowed_is_not_even_looked_at():
    assert loads(b'{"a":1}', most=7).number("a") == 1
    with pytest.raises(ValueError, match="8 bytes, more than 7"):
        loads(b'{"a":1} ', most=7)


def test_a_release_comes_back_as_it_was_written(small_release):
    assert parse(encode(small_release)) == small_release
    assert parse(encode(small_release)).id == f"1-{small_release.sha256[:16]}"


@pytest.mark.parametrize(
    "path",
    [
        *("../model.gguf", "/etc/passwd", "a/../b", "a//b", "./a", "a/", "", ".hidden", "-rf", "a\\b", "C:evil"),
        *("nul\0", "con", "a/COM1.txt", "dot.", "ümlaut", "a b", "a" * 256, "/".join("abcdefghi"), "\ud800"),
    ],
)
def test_a_path_that_could_leave_its_folder_or_be_lost_on_some_disk_is_refused(small_release, path):
    told = table(small_release)
    told["components"][0]["files"][0]["path"] = path
    refused(json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=not path.isascii()).encode())


@pytest.mark.parametrize("pair", [("model", "model"), ("model", "MODEL"), ("a", "a/b"), ("A/b", "a")])
def test_two_paths_that_are_one_on_some_disk_are_refused(small_release, pair):
    told = table(small_release)
    first = told["components"][0]["files"][0]
    told["components"][0]["files"] = [{**first, "path": path} for path in pair]
    assert "path" in refused(canonical(told))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("counter",), "1"),
        (("counter",), 1.0),
        (("counter",), True),
        (("counter",), 0),
        (("counter",), 1 << 40),
        (("barrier",), 1),
        (("version",), "1.0"),
        (("schema",), 2),
        (("name",), "../up"),
        (("components",), []),
        (("components", 0, "kind"), "virus"),
        (("components", 0, "name"), "current"),
        (("components", 0, "name"), "voice"),
        (("components", 0, "kind"), "tts"),
        (("components", 0, "files"), []),
        (("components", 0, "files", 0, "size"), "7"),
        (("components", 0, "files", 0, "size"), -7),
        (("components", 0, "files", 0, "size"), 1 << 60),
        (("components", 0, "files", 0, "sha256"), "F" * 64),
        (("components", 0, "files", 0, "chunks"), []),
        (("components", 0, "files", 0, "chunks"), [["a" * 64, 0]] * 7),
        (("components", 0, "files", 0, "chunks"), [["a" * 64, CHUNK_BYTES + 1]]),
        (("components", 0, "files", 0, "chunks"), [["a" * 64, "7"]]),
        (("answers", 0, "component"), "nobody"),
        (("answers", 0, "expect"), []),
        (("answers", 1, "max_ms"), 0),
        (("requires", "agent_api_min"), 9),
        (("settings",), {"cloud.providers": "https://example.com"}),
        (("settings",), {"models.folder": "/"}),
        (("settings",), {"mind.persona": ["a"]}),
        (("settings",), {"mind.persona": "a" * 20_000}),
    ],
)
def test_a_value_that_no_release_has_is_refused(small_release, place, value):
    told = table(small_release)
    inner = told
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    refused(canonical(told))


def test_only_one_spelling_counts(small_release):
    data = encode(small_release)
    assert "spelling" in refused(json.dumps(json.loads(data)).encode())
    assert "twice" in refused(data.replace(b'"barrier":false', b'"barrier":false,"barrier":false'))
    assert "unknown" in refused(data.replace(b'"barrier":false', b'"barrier":false,"bolt":false'))
    assert "lacks" in refused(data.replace(b'"barrier":false,', b""))
    assert "NaN" in refused(data.replace(b'"counter":1', b'"counter":NaN'))
    refused(data.replace(b'"You are kind."', b"1e999"))


def test_a_bomb_is_refused_before_it_goes_off(small_release):
    refused(b"[" * 1_000_000)
    refused(b'{"a":' * 100_000)
    refused(b" " * (MANIFEST_BYTES_MAX + 1))
    refused(b'{"schema":' + b"9" * 1_000_000 + b"}")
    told = table(small_release)
    first = told["components"][0]["files"][0]
    told["components"][0]["files"] = [{**first, "path": f"f{n}"} for n in range(1025)]
    assert "1024" in refused(canonical(told))


def test_a_clip_must_be_among_the_files(small_release):
    ear = replace(small_release.components[0], kind=Part.STT)
    heard = replace(small_release.answers[0], given="words/nowhere.wav")
    assert "clip" in refused(encode(replace(small_release, components=(ear,), answers=(heard,))))


def test_a_file_of_five_gigabytes_is_described(small_release):
    told = table(small_release)
    file = told["components"][0]["files"][0]
    file["size"], file["chunks"] = 5 << 30, [["a" * 64, CHUNK_BYTES]] * 5120
    data = canonical(told)
    assert parse(data).size == (5 << 30) + 2
    assert len(data) < 1 << 20


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_nothing_but_an_error_comes_of_noise(data):
    refused(data)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_flipped_byte_is_refused_or_is_another_release(data):
    whole = bytearray(encode(release()))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InputError):
        assert encode(parse(bytes(whole))) == bytes(whole)
