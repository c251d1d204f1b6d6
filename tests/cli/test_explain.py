"""`ask --explain`: who would answer, and why."""

from pathlib import Path

import pytest

KIOSK = Path(__file__).parents[2] / "docs" / "examples" / "kiosk"


@pytest.fixture
def kiosk(home):
    home.configure(f'[tools]\nfolders = ["{KIOSK}"]\ndevice = ["price"]\n')
    return home


def explained(home, text):
    ended = home.run("ask", "--explain", text, "--json")
    assert ended.code == 0, ended.err
    return ended.object["data"]


def test_a_hard_question_tells_its_odds_and_what_spoke_for_them(home):
    told = explained(home, "Plan a week of dinners for four and explain why.")
    assert (told["plan"]["route"], told["with_cloud"]["route"]) == ("local", "cloud")
    assert max(told["odds"], key=told["odds"].get) == "cloud"
    assert "has:reasoning verb" in [feature["name"] for feature in told["features"]]
    assert (told["understood"], told["by_sound"]) == (None, None)


def test_who_wants_the_cloud_to_answer_more_sees_what_would_go_there(home):
    fact = "What is the capital of France?"
    assert explained(home, fact)["with_cloud"]["route"] == "local"
    home.configure("[cloud]\nask_from = 0")
    assert explained(home, fact)["with_cloud"]["route"] in ("cloud", "hedge")
    assert explained(home, "Turn on the light in the kitchen.")["with_cloud"]["route"] == "local"


def test_a_command_tells_what_was_understood_and_how_surely(kiosk):
    told = explained(kiosk, "I'd like a large flat white")
    assert told["plan"]["route"] == told["with_cloud"]["route"] == "skill"
    assert told["understood"] == {"name": "order", "slots": {"size": "large", "drink": "flat white"}, "score": 1}
    assert told["by_sound"] is None
    lines = kiosk.run("ask", "--explain", "I'd like a large flat white").out.splitlines()
    assert lines[1].split(maxsplit=1) == ["understood", "order, size large, drink flat white; 100 % sure"]


def test_words_that_only_sound_like_a_command_tell_what_would_become_of_them(kiosk):
    told = explained(kiosk, "I'd like a large flat wide")["by_sound"]
    assert told["sentence"] == "i'd like a large flat white"
    assert told["understood"]["slots"] == {"size": "large", "drink": "flat white"}
    told = explained(kiosk, "can I get a large lawn tea")["by_sound"]
    assert (told["sentence"], told["understood"]) == ("can i get a large latte", None)
    assert "listened to once more" in kiosk.run("ask", "--explain", "can I get a large lawn tea").out
