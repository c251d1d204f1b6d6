"""`edge-fleet` at the terminal: what it says when it can't do what was asked."""

import pytest

from edge_agent.fleet.cli import perform


@pytest.fixture
def kiosks(tmp_path, capsys):
    """A new fleet."""
    assert perform(["init", str(tmp_path / "kiosks")]) == 0
    capsys.readouterr()
    return tmp_path / "kiosks"


@pytest.mark.parametrize("words", [[], ["keys"], ["release"], ["rollout"]])
def test_a_group_without_a_command_explains_itself(words, capsys):
    assert perform(words) == 0
    assert capsys.readouterr().out.startswith(" ".join(["Usage: edge-fleet", *words]))


def test_a_wrong_command_line_names_the_help_of_its_command(capsys):
    assert perform(["keys", "rotate", "--olt", "x"]) == 2
    assert "See `edge-fleet keys rotate --help`." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ("", "has no 'components'"),
        ("[[components]]\nformat = 'gguf'\n", "has no 'files'"),
        ("[[components]]\nformat = 'gguf'\nfiles = ['none.gguf']\n", "none.gguf can't be read: No such file"),
        ("components = 3\n", "See docs/fleet.md"),
        ("name = \n", "See docs/fleet.md"),
    ],
)
def test_a_description_that_is_none_is_told_in_one_line(kiosks, described, said, capsys):
    (kiosks / "spring.toml").write_text(described)
    assert perform(["release", "build", str(kiosks / "spring.toml"), "--fleet", str(kiosks)]) == 66
    told = capsys.readouterr().err
    assert said in told
    assert len(told.splitlines()) == 1


def test_a_place_that_is_none_is_told_in_one_line_and_debugging_shows_more(tmp_path, capsys, in_environment):
    (tmp_path / "file").write_text("in the way")
    where = ["init", str(tmp_path / "file" / "kiosks")]
    assert perform(where) == 73
    assert len(capsys.readouterr().err.splitlines()) == 1
    in_environment(EDGE_AGENT_DEBUG="1")
    perform(where)
    assert "Traceback" in capsys.readouterr().err
