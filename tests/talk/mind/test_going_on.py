"""Whether a command may go on: the words that are still to come, in the grammar that ships and in a kiosk's."""

import pytest

from edge_agent.talk.mind.skills import Skills

KIOSK = """
context:
  expressions:
    order:
      - "[can I get, make me] (a, an) ($size:size) $drink:drink"
      - "[can I get, make me] (a, an) ($size:size) $drink:drink with $extra:extra"
  slots:
    size: [small, extra large]
    drink: [latte, iced coffee]
    extra: [milk, a lot of milk]
"""

WHOLE = [
    "set a timer for 5 minutes",
    "set a timer for 2 hours and 30 minutes",
    "what time is it",
    "turn the volume up a bit",
    "cancel all of my timers",
    "what day of the week is it",
    "can i get an extra large iced coffee with a lot of milk",
    "make me a small latte with milk",
]


@pytest.fixture(scope="module")
def skills(tmp_path_factory):
    kiosk = tmp_path_factory.mktemp("kiosk") / "kiosk.yaml"
    kiosk.write_text(KIOSK)
    return Skills([kiosk])


@pytest.mark.parametrize("command", WHOLE)
def test_every_beginning_of_a_command_can_go_on(skills, command):
    words = command.split()
    assert skills.is_complete(command)
    assert all(skills.can_go_on(" ".join(words[:count])) for count in range(1, len(words)))


@pytest.mark.parametrize("command", ["Can I get a latte?", "Make me an iced coffee.", "Set a timer for two minutes."])
def test_a_whole_command_may_go_on(skills, command):
    assert skills.is_complete(command)
    assert skills.can_go_on(command)


@pytest.mark.parametrize(
    "command", ["Can I get a latte with milk?", "What time is it right now?", "Volume 50 percent."]
)
def test_a_command_that_says_everything_can_not(skills, command):
    assert skills.is_complete(command)
    assert not skills.can_go_on(command)


@pytest.mark.parametrize(
    "text",
    ["", "Um.", "Tell me a story", "What is the capital of France?", "Make me a sandwich", "A latte to go"],
)
def test_what_begins_no_command_can_not(skills, text):
    assert not skills.can_go_on(text)


def test_a_courtesy_changes_nothing(skills):
    assert skills.can_go_on("Hello, could you please set a timer, um, for")


def test_a_word_that_is_nearly_one_of_the_kiosk_s_is_taken_for_it(skills):
    assert skills.can_go_on("Can I get a smal")


def test_a_name_of_the_user_s_own_may_come_but_not_anything_after_it(skills):
    assert skills.can_go_on("Cancel the")
    assert not skills.can_go_on("Cancel the meeting with my brother")
