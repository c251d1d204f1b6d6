"""The owner's own skills on the command line."""

import json
from pathlib import Path

import pytest

KIOSK = Path(__file__).parents[2] / "docs" / "examples" / "kiosk"


@pytest.fixture
def kiosk(home):
    home.configure(f'[tools]\nfolders = ["{KIOSK}"]\ndevice = ["price"]\n')
    return home


def test_tools_are_listed_with_what_they_cost_if_nobody_meant_them(kiosk):
    ended = kiosk.run("tools", "list", "--json")
    assert ended.code == 0
    told = {tool["name"]: (tool["risk"], tool["source"], tool["models"]) for tool in ended.object["data"]["tools"]}
    assert told == {
        "order": ("irreversible", "kiosk.py", []),
        "price": ("read", "kiosk.py", ["device"]),
        "music": ("reversible", "kiosk.py", []),
    }


def test_for_people_they_are_a_table(kiosk):
    lines = kiosk.run("tools", "list").out.splitlines()
    assert lines[0].split() == ["name", "risk", "source", "models", "what", "it", "does"]
    assert "Order a drink." in lines[1]


def test_where_there_are_none_it_says_how_to_have_some(home):
    ended = home.run("tools", "list")
    assert (ended.code, ended.out) == (0, "")
    assert "tools.folders" in ended.err


def test_ask_calls_a_tool_without_a_model(kiosk):
    assert kiosk.run("ask", "How much is a large flat white?").out == "A large flat white is 3.50.\n"


def test_what_needs_a_yes_is_not_done_in_writing(kiosk):
    ended = kiosk.run("ask", "I'd like a small espresso, please.", "--json")
    assert ended.code == 66
    assert "A small espresso: shall I order it?" in json.loads(ended.out)["error"]["message"]
    assert "edge-agent talk" in ended.object["error"]["hint"]


def test_a_skill_that_is_wrong_is_told_with_its_line(home, tmp_path):
    (tmp_path / "bad.py").write_text("\nimport nowhere_at_all\n")
    home.configure(f'[tools]\nfolders = ["{tmp_path}"]\n')
    ended = home.run("tools", "list")
    assert ended.code == 66
    assert "bad.py, line 2: ModuleNotFoundError" in ended.err
