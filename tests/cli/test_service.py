"""`edge-agent service`: what it would do, and what it says where it can't."""

from pathlib import Path

import pytest

no_systemd = pytest.mark.skipif(Path("/run/systemd/system").exists(), reason="systemd runs here: nothing is refused")


def one_line(ended, code):
    assert (ended.code, len(ended.err.splitlines())) == (code, 1), ended.err
    assert "Traceback" not in ended.err
    return ended.err


def test_a_dry_run_says_every_step_and_does_none(home):
    ended = home.run("service", "install", "--user", "--dry-run")
    assert ended.code == 0, ended.err
    assert f"would write {home.root}/.config/systemd/user/edge-agent.service\n" in ended.out
    assert "would run systemctl --user enable edge-agent.service\n" in ended.out
    assert not (home.root / ".config").exists()


def test_a_dry_run_is_an_object_for_programs(home):
    told = home.run("service", "uninstall", "--dry-run", "--json").object
    assert told["schema"] == "edge-agent/service-uninstall/v1"
    assert told["data"]["dry_run"]
    assert told["data"]["steps"][-1] == "run systemctl daemon-reload"


@no_systemd
@pytest.mark.parametrize(
    "words", [("install",), ("install", "--user"), ("uninstall",), ("status",), ("status", "--user")]
)
def test_without_systemd_it_says_what_to_do_instead(home, words):
    assert "`edge-agent run`" in one_line(home.run("service", *words), 77)


def test_what_excludes_each_other_is_a_wrong_command_line(home):
    one_line(home.run("service", "install", "--cloud", "--local-only"), 2)
    one_line(home.run("service", "install", "--user", "--cloud"), 2)
    one_line(home.run("service", "install", "--user", "--fleet", "https://a.example", "--root", "root.json"), 2)
    one_line(home.run("service", "install", "--fleet", "https://a.example"), 2)
    one_line(home.run("service", "install", "--fleet", "http://a.example", "--root", "root.json", "--dry-run"), 2)
