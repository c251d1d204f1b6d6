"""`edge-agent config` and `edge-agent paths`."""

import json
import tomllib

from edge_agent.base.settings import Settings


def test_what_show_prints_is_a_settings_file_that_means_the_same(home):
    shown = home.run("--set", 'audio.input=Mic "one" é', "config", "show").out
    home.configure(shown)
    again = home.run("config", "show", "--json")
    assert tomllib.loads(shown)["audio"]["input"] == 'Mic "one" é'
    assert again.object["data"]["settings"]["audio"]["input"] == 'Mic "one" é'
    assert home.run("config", "show").out == shown


def test_tables_are_shown_as_a_settings_file_has_them(home):
    home.configure('[[cloud.providers]]\nname = "a"\nbase_url = "https://a.example/v1"\nmodel = "m"\nprice_in = 0.5\n')
    shown = home.run("config", "show").out
    assert tomllib.loads(shown)["cloud"]["providers"][0]["price_in"] == 0.5
    home.configure(shown)
    assert home.run("config", "show").out == shown


def test_origins_are_printed_beside_the_values(home):
    home.configure("[voice]\nvolume = 0.5\n")
    ended = home.run("--set", "voice.speed=1.5", "config", "show", "--origin", EDGE_AGENT_EAR__CANCELLER="off")
    assert f"volume = 0.5  # {home.config}" in ended.out
    assert "speed = 1.5  # the command line" in ended.out
    assert 'canceller = "off"  # EDGE_AGENT_EAR__CANCELLER' in ended.out
    assert "silence_ms = 700  # built in" in ended.out


def test_origins_are_in_the_object_when_asked_for(home):
    assert home.run("config", "show", "--json", "--origin").object["data"]["origins"]["voice.speed"] == "built in"
    assert "origins" not in home.run("config", "show", "--json").object["data"]


def test_check_names_all_that_is_wrong(home):
    home.configure("[voice]\nvolume = 5\nnothing = 1\n")
    ended = home.run("config", "check")
    assert ended.code == 78
    assert len(ended.out.splitlines()) == 2
    as_object = home.run("config", "check", "--json")
    assert as_object.code == 78
    assert as_object.object["ok"] is False
    assert len(as_object.object["data"]["problems"]) == 2


def test_check_is_content_without_a_file(home):
    ended = home.run("config", "check", "--json")
    assert (ended.code, ended.object["ok"], ended.object["data"]) == (0, True, {"files": [], "problems": []})


def test_the_schema_describes_every_room(home):
    schema = json.loads(home.run("config", "schema").out)
    assert set(schema["properties"]) == set(Settings.model_fields)
    assert "Shorter cuts people off" in json.dumps(schema)


def test_paths_are_printed_for_people_and_programs(home):
    ended = home.run("paths", "--json")
    assert ended.object["data"]["config"] == str(home.root / ".config" / "edge-agent")
    assert str(home.root / ".cache") in home.run("paths").out


def test_the_service_has_its_own_paths(home):
    found = home.run("paths", "--json", STATE_DIRECTORY="/var/lib/edge-agent").object["data"]
    assert (found["service"], found["config"]) == (True, "/etc/edge-agent")
