"""How a command ends: its exit code, one line for people, one object for programs."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from edge_agent import cli
from edge_agent.base import errors
from edge_agent.cli import output


def test_a_group_without_a_command_explains_itself(home):
    for words in ((), ("config",)):
        ended = home.run(*words)
        assert ended.code == 0
        assert ended.out.startswith("Usage: edge-agent")


def test_the_version_is_printed(home):
    from edge_agent import __version__

    assert home.run("--version").out == f"edge-agent {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("confg",), "Did you mean 'config'? See `edge-agent --help`."),
        (("paths", "--jsn"), "See `edge-agent paths --help`."),
        (("config", "shwo"), "See `edge-agent config --help`."),
        (("--set", "nonsense", "paths"), "is not room.name=value"),
        (("--log-format", "xml", "paths"), "--log-format must be one of"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(home, words, said):
    ended = home.run(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("edge-agent: ")
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_wrong_setting_is_one_line_and_exit_code_78(home):
    home.configure("[floor]\nsilense_ms = 500\n")
    ended = home.run("config", "show")
    assert ended.code == 78
    assert ended.err.splitlines() == [
        f"edge-agent: there is no setting floor.silense_ms ({home.config}). Did you mean floor.silence_ms?"
    ]


def test_with_json_a_failure_is_an_object_of_the_same_form(home):
    ended = home.run("--set", "floor.silence_ms=1", "config", "show", "--json")
    assert ended.code == 78
    assert ended.object["schema"] == "edge-agent/config-show/v1"
    assert ended.object["ok"] is False
    assert ended.object["data"] is None
    assert set(ended.object["error"]) == {"code", "message", "hint", "exit"}
    assert (ended.object["error"]["code"], ended.object["error"]["exit"]) == ("settings_error", 78)


def test_with_json_a_wrong_command_line_is_an_object_as_well(home):
    assert home.run("paths", "--json", "--nonsense").object["error"]["code"] == "usage"


def test_a_wrong_log_level_is_refused(home):
    ended = home.run("--log-level", "loud", "paths")
    assert (ended.code, ended.out) == (78, "")
    assert "debug, info, warning, error" in ended.err


def test_a_reader_that_goes_away_is_no_crash(home):
    script = f"{sys.executable} -m edge_agent config schema | head -n 1 >/dev/null"
    done = subprocess.run(["bash", "-c", script], env=home.environment(), capture_output=True, text=True, check=False)
    assert done.stderr == ""


EVERY_CLASS = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, Exception)]


@pytest.mark.parametrize("words", ["config show", "config show --json", "--help"])
def test_where_nothing_can_be_written_that_is_told_in_one_line(home, words):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "edge_agent", *words.split()]
        done = subprocess.run(
            command, env=home.environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 73
    assert done.stderr.startswith("edge-agent: ")
    assert "No space left on device. Free some space, or send it elsewhere." in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_notes_that_nobody_can_read_stop_nothing(home):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "edge_agent", "config", "check"]
        assert subprocess.run(command, env=home.environment(), stderr=full, check=False).returncode == 0


@pytest.mark.parametrize("error", EVERY_CLASS)
def test_each_class_of_error_has_an_exit_code_and_a_name(error, capsys):
    code = output.failed(error("the tea is cold", hint="boil it"), ["tea"], json=False)
    told = capsys.readouterr()
    assert code == error.exit_code
    assert told.err == "edge-agent: the tea is cold. Boil it.\n"
    assert told.out == ""


def test_a_hint_that_is_a_command_stays_as_it_is_typed(capsys):
    output.failed(errors.ModelError("it is gone", hint="edge-agent models pull x"), ["tea"], json=False)
    assert capsys.readouterr().err == "edge-agent: it is gone. edge-agent models pull x.\n"


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        ("docs/tea.md has it", "docs/tea.md has it."),
        ("tea.pot names it", "tea.pot names it."),
        ("tea, then", "Tea, then."),
        ('Ask: tea "Is it hot?"', 'Ask: tea "Is it hot?"'),
    ],
)
def test_names_and_quotations_in_a_hint_stay_as_they_are(hint, told, capsys):
    output.failed(errors.InputError("it is cold", hint=hint), [], json=False)
    assert capsys.readouterr().err == f"edge-agent: it is cold. {told}\n"


def test_what_the_system_forbids_is_told_as_that(capsys):
    assert output.failed(PermissionError(13, "Permission denied", "/tea"), [], json=False) == 77
    assert capsys.readouterr().err.startswith("edge-agent: /tea: Permission denied. Run it as")


def test_an_error_over_several_lines_is_told_in_one(capsys):
    output.failed(errors.InputError("one\n  two"), [], json=False)
    assert capsys.readouterr().err == "edge-agent: one two.\n"


@pytest.fixture
def broken():
    """A command that makes a mistake of ours, beside the real ones while a test runs."""
    before = list(cli.app.registered_commands)

    @cli.app.command("break")
    def break_(how: str) -> None:
        raise {
            "interrupted": KeyboardInterrupt,
            "aborted": typer.Abort,
            "mistaken": ZeroDivisionError("it was\nour mistake"),
            "talkative": ValueError("refused: Bearer sk-canary-4815162342"),
        }[how]

    yield
    cli.app.registered_commands[:] = before


@pytest.mark.usefixtures("broken")
def test_what_nobody_foresaw_is_one_line_and_a_file_with_the_traceback(tmp_path, capsys, in_environment):
    in_environment(XDG_STATE_HOME=str(tmp_path))
    assert cli.perform(["break", "mistaken"]) == 70
    told = capsys.readouterr().err
    (crash,) = (tmp_path / "edge-agent").glob("crash-*.txt")
    assert len(told.splitlines()) == 1
    assert "ZeroDivisionError: it was our mistake" in told
    assert str(crash) in told
    assert "Traceback" in crash.read_text()
    assert "edge-agent" in crash.read_text().splitlines()[0]


@pytest.mark.usefixtures("broken")
def test_p15_a_key_in_the_words_of_an_error_that_nobody_foresaw_is_told_nowhere(tmp_path, capsys, in_environment):
    in_environment(XDG_STATE_HOME=str(tmp_path))
    assert cli.perform(["break", "talkative"]) == 70
    (crash,) = (tmp_path / "edge-agent").glob("crash-*.txt")
    for told in (capsys.readouterr().err, crash.read_text()):
        assert "refused" in told
        assert "canary" not in told


@pytest.mark.usefixtures("broken")
def test_where_no_crash_file_can_be_written_the_line_says_how_to_see_more(tmp_path, capsys, in_environment):
    (tmp_path / "edge-agent").write_text("in the way")
    in_environment(XDG_STATE_HOME=str(tmp_path))
    assert cli.perform(["break", "mistaken"]) == 70
    assert "EDGE_AGENT_DEBUG=1" in capsys.readouterr().err


@pytest.mark.usefixtures("broken")
def test_debugging_shows_the_traceback(tmp_path, capsys, in_environment):
    in_environment(XDG_STATE_HOME=str(tmp_path), EDGE_AGENT_DEBUG="1")
    cli.perform(["break", "mistaken"])
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("how", ["interrupted", "aborted"])
def test_ctrl_c_ends_with_130_and_no_traceback(how, capsys):
    assert cli.perform(["break", how]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_there_is_colour_on_a_terminal_only_and_never_against_no_color(in_environment):
    leader, follower = pty.openpty()
    in_environment(NO_COLOR="")
    with os.fdopen(follower, "w") as terminal, open(os.devnull, "w") as file:  # noqa: PTH123
        assert output.paint("x", "red", terminal) == typer.style("x", fg="red")
        assert output.paint("x", "red", file) == "x"
        in_environment(NO_COLOR="1")
        assert output.paint("x", "red", terminal) == "x"
    os.close(leader)


def test_columns_are_aligned_and_end_without_blanks(capsys):
    output.columns([("a", "bb", ""), ("ccc", "d", "e")], indent=" ")
    assert capsys.readouterr().out == " a    bb\n ccc  d   e\n"


def test_warnings_are_in_the_object_or_beside_the_data(capsys):
    warned = [output.Warned("slow", "it is slow")]
    output.emit("tea", {"n": 1}, json=True, human=lambda: None, warnings=warned)
    assert '"warnings": [{"code": "slow", "message": "it is slow"}]' in capsys.readouterr().out
    output.emit("tea", {"n": 1}, json=False, human=lambda: output.line("one"), warnings=warned)
    assert capsys.readouterr() == ("one\n", "edge-agent: it is slow\n")
