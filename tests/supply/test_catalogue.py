"""What a catalogue may say, and what is said about one that is wrong."""

import contextlib
import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import SettingsError
from edge_agent.base.settings import ModelSettings
from edge_agent.supply.addresses import is_safe_address
from edge_agent.supply.catalogue import Catalogue, File, Kind, Part, Source, load, parse
from edge_agent.supply.fetch import remaining

HASH = "0123456789abcdef" * 4


def file(name="a.bin", size=10, **more):
    return {"name": name, "size": size, "sha256": HASH, **more}


def wheel(at="a-model==1.0", **more):
    return {"kind": "wheel", "at": at, **more}


def model(kind="stt", files=(), sources=(), **more):
    return {
        "kind": kind,
        "about": "a model",
        "licence": "MIT",
        "memory_mb": 1,
        "files": list(files) or [file()],
        "sources": list(sources),
        **more,
    }


def whole():
    """The smallest catalogue with a profile."""
    return {
        "schema": 1,
        "models": {kind.value: model(kind.value, sources=[wheel()]) for kind in Kind},
        "profiles": {"all": {kind.value: kind.value for kind in Kind}},
    }


def with_model(**changes):
    table = whole()
    table["models"]["stt"].update(changes)
    return table


def test_the_catalogue_that_ships_has_both_profiles_whole():
    catalogue = load()
    assert catalogue.profile("tiny")[Kind.STT].name == "whisper-tiny.en"
    assert catalogue.profile("standard")[Kind.STT].name == "whisper-base"
    for profile in catalogue.profiles:
        names = {kind: model.name for kind, model in catalogue.profile(profile).items()}
        assert names[Kind.LLM] == "smollm2-135m"
        assert names[Kind.TTS] == "piper-joe"
        assert names[Kind.VAD] == "silero-vad"
        assert names[Kind.TURN] == "smart-turn"


def test_every_model_that_ships_can_be_had_somewhere():
    assert all(model.sources for model in load().models.values())


@pytest.mark.parametrize(
    ("table", "place", "what"),
    [
        (with_model(files=[file(sha256="123")]), "models.stt.files.0.sha256", "pattern"),
        (with_model(files=[file(sha256=HASH.upper())]), "models.stt.files.0.sha256", "pattern"),
        (with_model(files=[file("../a")]), "models.stt.files.0.name", "pattern"),
        (with_model(files=[file(".lock")]), "models.stt.files.0.name", "pattern"),
        (with_model(files=[file(size=0)]), "models.stt.files.0.size", "greater than 0"),
        (with_model(files=[file(), file()]), "models.stt", "two files have the same name"),
        (with_model(kind="video"), "models.stt.kind", "'stt', 'llm', 'tts', 'vad' or 'turn'"),
        (with_model(licence=""), "models.stt.licence", "at least 1"),
        (with_model(weight=3), "models.stt.weight", "not permitted"),
        (with_model(sources=[wheel("a-model")]), "models.stt.sources.0", "one version"),
        (with_model(sources=[wheel("a-model>=1")]), "models.stt.sources.0", "one version"),
        (with_model(sources=[wheel("--pre a==1")]), "models.stt.sources.0", "one version"),
        (with_model(sources=[wheel("a==1 b==1")]), "models.stt.sources.0", "one version"),
        (with_model(sources=[wheel(under="a/../..")]), "models.stt.sources.0.under", "without `..`"),
        (with_model(sources=[wheel(under="/etc")]), "models.stt.sources.0.under", "relative"),
        (with_model(sources=[{"kind": "https", "at": "http://example.org"}]), "models.stt.sources.0", "https"),
        (with_model(sources=[{"kind": "folder", "at": "here"}]), "models.stt.sources.0", "absolute"),
        (
            with_model(sources=[wheel(joined={"a.bin": [{"path": "a1", "size": 4}, {"path": "a2", "size": 5}]})]),
            "models.stt",
            "don't add up",
        ),
        (with_model(sources=[wheel(joined={"b.bin": [{"path": "a1", "size": 10}]})]), "models.stt", "don't add up"),
        (
            with_model(sources=[wheel(joined={"a.bin": [{"path": "a", "size": 10, "at": "b"}]})]),
            "models.stt",
            "one ver",
        ),
        ({**whole(), "schema": 2}, "schema", "should be 1"),
        ({**whole(), "profiles": {"all": {"stt": "stt"}}}, "the whole", "kind 'llm'"),
        ({**whole(), "profiles": {"all": {**whole()["profiles"]["all"], "tts": "stt"}}}, "the whole", "kind 'tts'"),
        ({"schema": 1}, "models", "required"),
        ({**whole(), "models": 3}, "models", "dictionary"),
        ({**whole(), "models": {"stt": 3}}, "models.stt", "valid"),
        ({**whole(), "models": {"s/t": model()}, "profiles": {}}, "models.s/t.name", "pattern"),
    ],
)
def test_a_wrong_catalogue_is_named_with_the_place(table, place, what):
    with pytest.raises(SettingsError) as caught:
        parse(table, where="mine.toml")
    assert str(caught.value).startswith(f"the catalogue mine.toml is wrong at {place}")
    assert what in str(caught.value)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


@given(st.data(), ANYTHING)
def test_whatever_stands_in_a_catalogue_it_is_read_or_refused_in_our_words(data, value):
    table = copy.deepcopy(whole())
    inner = table
    while True:
        step = data.draw(st.sampled_from(list(inner) if isinstance(inner, dict) else range(len(inner))))
        if not (isinstance(inner[step], dict | list) and inner[step] and data.draw(st.booleans())):
            break
        inner = inner[step]
    inner[step] = value
    with contextlib.suppress(SettingsError):
        assert isinstance(parse(table, where="x"), Catalogue)


def test_a_catalogue_that_is_no_toml_or_not_there_is_a_settings_error(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("[models")
    with pytest.raises(SettingsError, match="is not TOML"):
        load(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is not TOML"):
        load(broken)
    with pytest.raises(SettingsError, match="No such file"):
        load(tmp_path / "none.toml")


def test_a_name_that_is_nearly_right_brings_a_suggestion():
    with pytest.raises(SettingsError) as caught:
        load().model("whisper-bas")
    assert "'whisper-base'" in caught.value.hint
    with pytest.raises(SettingsError) as caught:
        load().profile("large")
    assert "auto, tiny, standard" in caught.value.hint


def test_a_model_in_the_settings_replaces_the_one_of_the_profile():
    chosen = load().chosen(ModelSettings(profile="standard", stt="whisper-tiny.en"))
    assert chosen[Kind.STT].name == "whisper-tiny.en"
    assert chosen[Kind.LLM].name == "smollm2-135m"


def test_a_model_of_another_kind_is_refused():
    with pytest.raises(SettingsError, match=r"models\.stt is 'piper-joe', which is a model for tts"):
        load().chosen(ModelSettings(stt="piper-joe"))


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://example.org/models", True),
        ("http://127.0.0.1:8000", True),
        ("http://localhost/x", True),
        ("http://[::1]:80", True),
        ("http://example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://127.0.0.1@example.org", False),
        ("https://", False),
        ("ftp://127.0.0.1", False),
        ("file:///etc/passwd", False),
        ("http://[", False),
    ],
)
def test_models_come_by_https_or_from_this_machine(address, safe):
    assert is_safe_address(address) is safe


def test_a_file_lies_under_its_own_name_unless_it_is_joined():
    source = Source(
        kind="wheel",
        at="one==1",
        under="data",
        joined={"b": (Part(path="x/b1", size=1), Part(path="b2", size=2, at="two==1"))},
    )
    a, b = File(name="a", size=5, sha256=HASH), File(name="b", size=3, sha256=HASH)
    assert source.parts(a) == (Part(path="data/a", size=5, at="one==1"),)
    assert source.parts(b) == (Part(path="x/b1", size=1, at="one==1"), Part(path="b2", size=2, at="two==1"))


@given(st.lists(st.binary(min_size=1, max_size=6), min_size=1, max_size=5), st.integers(0, 40))
def test_what_is_here_and_what_remains_make_the_whole(pieces, held):
    whole = b"".join(pieces)
    parts = [Part(path=str(number), size=len(piece)) for number, piece in enumerate(pieces)]
    rest = b"".join(pieces[int(part.path)][start:] for part, start in remaining(parts, held))
    assert whole[:held] + rest == whole
    assert all(start < part.size for part, start in remaining(parts, held))


def test_the_catalogue_is_plain_data():
    assert json.loads(load().model_dump_json())["profiles"]["tiny"]["vad"] == "silero-vad"
