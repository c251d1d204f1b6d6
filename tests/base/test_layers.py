"""Settings: who has the last word, and what is said about a wrong one."""

import json
import os
import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base import layers
from edge_agent.base.errors import AccessError, SettingsError
from edge_agent.base.layers import Layer, check, files, load_with_origins, problems
from edge_agent.base.paths import paths
from edge_agent.base.settings import Canceller, Settings


@pytest.fixture
def places(tmp_path):
    """Folders with nothing in them."""
    where = replace(paths({"HOME": str(tmp_path)}), vendor=tmp_path / "vendor")
    where.vendor.mkdir()
    (where.config / "conf.d").mkdir(parents=True)
    return where


def loaded(places, overrides=None, **environment):
    return load_with_origins(overrides, places=places, environment=environment)


def refusal(places, overrides=None, **environment):
    with pytest.raises(SettingsError) as caught:
        loaded(places, overrides, **environment)
    return f"{caught.value}. {caught.value.hint}"


def test_without_any_file_everything_is_built_in(places):
    found = loaded(places)
    assert found.settings == Settings()
    assert set(found.origins.values()) == {"built in"}
    assert list(found.origins) == list(layers.keys())


def test_each_layer_has_the_last_word_over_those_below(places):
    vendor, owner = places.vendor / "config.toml", places.config / "config.toml"
    first, second = places.config / "conf.d" / "10-a.toml", places.config / "conf.d" / "20-b.toml"
    key = "floor.silence_ms"
    variable = "EDGE_AGENT_FLOOR__SILENCE_MS"

    def holds(overrides=None, **environment):
        found = loaded(places, overrides, **environment)
        return found.settings.floor.silence_ms, found.origins[key]

    assert holds() == (Settings().floor.silence_ms, "built in")
    for path, value in ((vendor, 301), (owner, 302), (first, 303), (second, 304)):
        path.write_text(f"[floor]\nsilence_ms = {value}\n")
        assert holds() == (value, str(path))
    assert holds(**{variable: "305"}) == (305, variable)
    assert holds({key: "306"}, **{variable: "305"}) == (306, "the command line")


def test_a_higher_layer_leaves_alone_what_it_does_not_name(places):
    (places.config / "config.toml").write_text("[floor]\nsilence_ms = 500\nconfirm_ms = 90\n")
    (places.config / "conf.d" / "x.toml").write_text("[floor]\nsilence_ms = 600\n[voice]\nvolume = 1\n")
    settings = loaded(places).settings
    assert (settings.floor.silence_ms, settings.floor.confirm_ms, settings.voice.volume) == (600, 90, 1.0)


def test_what_is_not_a_toml_file_in_the_folder_is_not_read(places):
    (places.config / "conf.d" / "x.toml.bak").write_text("nonsense")
    assert loaded(places).settings == Settings()


def test_the_environment_is_read_as_toml_and_text_as_it_stands(places):
    settings = loaded(
        places,
        EDGE_AGENT_AUDIO__INPUT="USB PnP: 2",
        EDGE_AGENT_AUDIO__OUTPUT="2",
        EDGE_AGENT_MIND__SKILLS="false",
        EDGE_AGENT_EAR__CANCELLER="speex",
        EDGE_AGENT_MODELS__FOLDER="/models",
        EDGE_AGENT_MODELS__SOURCES='["/media/usb", "https://models.example"]',
        EDGE_AGENT_VOICE__VOLUME="1",
        EDGE_AGENT_MODELS__STT='"quoted"',
    ).settings
    assert settings.audio.input == "USB PnP: 2"
    assert settings.audio.output == "2"
    assert settings.mind.skills is False
    assert settings.ear.canceller is Canceller.SPEEX
    assert str(settings.models.folder) == "/models"
    assert settings.models.sources == ("/media/usb", "https://models.example")
    assert settings.voice.volume == 1.0
    assert settings.models.stt == "quoted"


def test_our_switches_and_other_peoples_variables_are_not_settings(places):
    found = loaded(places, EDGE_AGENT_DEBUG="1", EDGE_AGENT_LOG="info", EDGE_AGENT_EVAL="/x", EDGE="1", PATH="/bin")
    assert set(found.origins.values()) == {"built in"}


def test_overrides_may_be_values_as_well_as_text(places):
    assert loaded(places, {"floor.silence_ms": 400, "mind.skills": False}).settings.floor.silence_ms == 400


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("floor.silense_ms", "floor.silence_ms"),
        ("flor.silence_ms", "floor"),
        ("voice.silence_ms", "floor.silence_ms"),
        ("volume", "voice.volume"),
        ("audio.imput", "audio.input"),
    ],
)
def test_an_unknown_name_gets_the_nearest_one_suggested(places, key, meant):
    message = refusal(places, {key: "1"})
    assert "there is no setting" in message
    assert "the command line" in message
    assert f"Did you mean {meant}" in message


def test_a_name_like_no_other_gets_the_list(places):
    assert "edge-agent config show" in refusal(places, {"zzz.qqq": "1"})


def test_a_misspelt_variable_is_an_error_that_names_it(places):
    message = refusal(places, EDGE_AGENT_FLOOR__SILENSE_MS="500")
    assert "EDGE_AGENT_FLOOR__SILENSE_MS" in message
    assert "floor.silence_ms" in message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[floor]\nsilence_ms = 50", "a whole number from 100 to 5000"),
        ("[floor]\nsilence_ms = 5001", "a whole number from 100 to 5000"),
        ('[floor]\nsilence_ms = "500"', "a whole number from 100 to 5000"),
        ("[floor]\nsilence_ms = 500.5", "a whole number from 100 to 5000"),
        ("[floor]\nsilence_ms = true", "a whole number from 100 to 5000"),
        ("[ear]\nvoice_on = 1", "a number above 0 and below 1"),
        ("[ear]\nvoice_on = nan", "a number above 0 and below 1"),
        ("[cloud]\nmoney_per_day = inf", "a number at least 0"),
        ('[ear]\ncanceller = "best"', "one of auto, aec3, speex, off"),
        ("[mind]\nskills = 1", "true or false"),
        ("[mind]\npersona = 1", "text"),
        ('[models]\nsources = "/media"', "a list of texts"),
        (
            '[fleet]\nhours = "2-5"',
            "must be of another form: When releases may be",
        ),
        ('[fleet]\nhours = "02:00-24:00"', "local time, like `02:00-05:00`"),
        ('[fleet]\nmirrors = ["https://a.example", "http://b.example"]', "https addresses of the fleet's repository"),
        ('[fleet]\nmirrors = ["/media/usb"]', "or `file:///` folders"),
        ("floor = 3", "a setting in it has a name of its own"),
    ],
)
def test_a_wrong_value_is_refused_with_file_key_and_what_is_allowed(places, line, said):
    path = places.config / "config.toml"
    path.write_text(line)
    message = refusal(places)
    assert str(path) in message
    assert said in message
    assert line.split()[0].strip("[]") in message


def test_a_wrong_value_is_found_also_where_a_higher_layer_hides_it(places):
    path = places.config / "config.toml"
    path.write_text("[floor]\nsilence_ms = 1\n")
    assert str(path) in refusal(places, {"floor.silence_ms": "500"})


def test_the_mark_that_windows_puts_in_front_of_a_file_is_no_part_of_it(places):
    (places.config / "config.toml").write_text("[floor]\r\nsilence_ms = 900\r\n", encoding="utf-8-sig")
    assert loaded(places).settings.floor.silence_ms == 900


def test_what_is_not_toml_is_refused_with_the_line(places):
    (places.config / "config.toml").write_text("[floor\nsilence_ms = 1\n")
    message = refusal(places)
    assert "is not TOML" in message
    assert "line 1" in message


def test_what_is_not_text_is_refused(places):
    (places.config / "config.toml").write_bytes(b"\xff\xfe\x00")
    assert "is not TOML" in refusal(places)


def test_a_folder_in_place_of_the_file_is_refused(places):
    (places.config / "config.toml").mkdir()
    assert "can't be read" in refusal(places)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_matter_of_permissions(places):
    path = places.config / "config.toml"
    path.write_text("")
    path.chmod(0)
    with pytest.raises(AccessError, match="may not be read"):
        loaded(places)


def test_check_names_all_that_is_wrong(places):
    (places.vendor / "config.toml").write_text("[floor")
    (places.config / "config.toml").write_text("[floor]\nsilence_ms = 1\nnothing = 2\n[voice]\nvolume = 0.5\n")
    environment = {"EDGE_AGENT_VOICE__VOLUME": "2", "EDGE_AGENT_VOICE__SPEED": "1.5"}
    found = check({"fleet.hours": "2-5", "fleet.poll_s": "60"}, places=places, environment=environment)
    assert len(found) == 5
    assert "TOML" in str(found[0])
    assert "floor.silence_ms" in str(found[1])
    assert "floor.nothing" in str(found[2])
    assert "EDGE_AGENT_VOICE__VOLUME" in str(found[3])
    assert 'fleet.hours = "2-5" in the command line' in str(found[4])


def test_check_finds_nothing_where_nothing_is_wrong(places):
    (places.config / "config.toml").write_text("[voice]\nvolume = 0.5\n")
    assert check(places=places, environment={}) == []


def test_files_are_listed_lowest_first(places):
    for name in ("b.toml", "a.toml", "notes.txt"):
        (places.config / "conf.d" / name).touch()
    assert [path.name for path in files(places)] == ["config.toml", "config.toml", "a.toml", "b.toml"]


def test_every_setting_says_what_it_may_be_and_what_it_does():
    for room, name, field in layers.fields():
        assert layers.allowed(field), f"{room}.{name}"
        assert len(field.description or "") > 10, f"{room}.{name}"


def test_what_is_built_in_is_allowed():
    values = json.loads(Settings().model_dump_json(exclude_none=True))
    assert problems(Layer("built in", values)) == []


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers())
NAMES = st.sampled_from([*layers.keys(), "floor", "nothing", "floor.nothing", "", ".", "a.b.c"])


def taken_or_refused(overrides, environment):
    """Return what is wrong with it; any other exception than ours fails the test."""
    nowhere = paths({"HOME": "/nonexistent"})
    try:
        load_with_origins(overrides, places=nowhere, environment=environment)
    except SettingsError as error:
        return f"{error}. {error.hint}"
    return ""


@given(st.dictionaries(NAMES, SCALARS | st.text(max_size=20), max_size=3))
def test_any_override_is_taken_or_refused_with_a_hint(overrides):
    said = taken_or_refused(overrides, {})
    assert not said.endswith(". ")


@given(st.sampled_from(sorted(layers.keys())), st.text(max_size=30).filter(lambda text: "\0" not in text))
def test_any_variable_is_taken_or_refused_by_its_name(key, text):
    variable = "EDGE_AGENT_" + key.replace(".", "__").upper()
    said = taken_or_refused({}, {variable: text})
    assert not said or variable in said


@given(st.text(max_size=40))
def test_a_text_setting_takes_any_text(text):
    nowhere = paths({"HOME": "/nonexistent"})
    found = load_with_origins(places=nowhere, environment={"EDGE_AGENT_AUDIO__INPUT": text}).settings.audio.input
    try:
        quoted = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        quoted = text
    assert found == (quoted if isinstance(quoted, str) else text)


@pytest.mark.parametrize(
    "address", ["0.0.0.0:80", "192.168.1.4:80", "[::]:80", "localhost", "127.0.0.1", "127.0.0.1:0"]
)
def test_p24_what_is_no_loopback_address_is_refused(address):
    with pytest.raises(SettingsError, match=r"api\.listen"):
        layers.load({"api.listen": address})


def test_a_loopback_address_is_taken():
    assert layers.load({"api.listen": "127.0.0.1:9464"}).api.listen == "127.0.0.1:9464"
    assert layers.load({"api.listen": "[::1]:9464"}).api.listen == "[::1]:9464"
