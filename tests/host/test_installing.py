"""The plan of an installation, and of its undoing."""

from pathlib import Path

import pytest

from edge_agent.base.errors import AccessError, InputError, OutputError
from edge_agent.host.manager import log_command
from edge_agent.host.units import Place, Remove, Run, Write, install, require_key, require_reachable, uninstall

PROGRAM = Path("/opt/edge-agent/bin/edge-agent")


@pytest.fixture
def system(tmp_path):
    return Place(False, tmp_path / "system", tmp_path / "sysusers.d" / "a.conf", tmp_path / "tmpfiles.d" / "a.conf")


@pytest.fixture
def session(tmp_path):
    return Place(True, tmp_path / "user")


def write(steps):
    """Do the part of a plan that needs no manager."""
    for step in steps:
        if not isinstance(step, Run):
            step.do()


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_units_start_the_program_that_was_named(system, tmp_path):
    write(install(system, PROGRAM))
    agent = (tmp_path / "system" / "edge-agent.service").read_text()
    assert f"ExecStart={PROGRAM} run\n" in agent
    assert "/usr/bin/edge-agent" not in agent


def test_after_the_files_come_the_user_the_folders_and_the_start(system):
    runs = [step.words[:2] for step in install(system, PROGRAM) if isinstance(step, Run)]
    assert runs == [
        ("systemd-sysusers", str(system.sysusers)),
        ("systemd-tmpfiles", "--create"),
        ("systemctl", "daemon-reload"),
        ("systemctl", "enable"),
        ("systemctl", "--no-block"),
    ]


def test_the_updater_waits_for_the_owners_word(system):
    assert not any("timer" in " ".join(step.words) for step in install(system, PROGRAM) if isinstance(step, Run))


def test_a_users_service_needs_nobody_else(session, tmp_path):
    steps = install(session, PROGRAM)
    write(steps)
    assert files(tmp_path) == {"user/edge-agent.service", "user/edge-agent-safe.service"}
    assert all(step.words[:2] == ("systemctl", "--user") for step in steps if isinstance(step, Run))


def test_what_a_package_brought_is_left_alone(tmp_path):
    packaged = Place(False, tmp_path, packaged=True)
    assert [step for step in install(packaged, PROGRAM) if isinstance(step, Write)] == []
    write(install(packaged, PROGRAM, ["cloud"]))
    assert files(tmp_path) == {"edge-agent.service.d/cloud.conf"}


def test_another_installation_takes_away_what_is_not_asked_for_any_more(system, tmp_path):
    write(install(system, PROGRAM, ["cloud"]))
    write(install(system, PROGRAM, ["local-only"]))
    assert files(tmp_path / "system" / "edge-agent.service.d") == {"local-only.conf"}


def test_what_the_owner_put_beside_the_units_is_left_alone(system):
    own = system.units / "edge-agent.service.d" / "fleet.conf"
    own.parent.mkdir(parents=True)
    own.write_text("[Service]\n")
    write(install(system, PROGRAM))
    assert own.exists()


@pytest.mark.parametrize("kind", ["system", "session"])
@pytest.mark.parametrize("drop_ins", [[], ["cloud"]])
def test_uninstalling_leaves_nothing_of_it(kind, drop_ins, request, tmp_path):
    where = request.getfixturevalue(kind)
    write(install(where, PROGRAM, drop_ins))
    steps = uninstall(where)
    write(steps)
    assert files(tmp_path) == set()
    assert not list(tmp_path.rglob("*.service.d"))
    assert [step.words[-1] for step in steps if isinstance(step, Run)][-1] == "daemon-reload"
    assert not any(isinstance(step, Remove) for step in uninstall(where))


def test_a_plan_touches_nothing(system, tmp_path):
    assert [step.told() for step in install(system, PROGRAM)]
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_the_sandbox_hides_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(AccessError, match="can't see") as told:
        require_reachable(Path("/home/ann/.venv/bin/edge-agent"))
    assert "Debian package" in told.value.hint
    require_reachable(Path("/bin/true"))


def test_a_key_that_is_missing_is_named_before_systemd_refuses_to_start(tmp_path):
    with pytest.raises(InputError, match="cloud-key"):
        require_key(tmp_path / "cloud-key")
    (tmp_path / "cloud-key").write_text("x")
    require_key(tmp_path / "cloud-key")


def test_a_step_that_fails_says_what_failed(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't be written"):
        Write(tmp_path / "file" / "unit", "").do()
    with pytest.raises(AccessError, match="exit code 1"):
        Run(("false",)).do()
    Run(("false",), may_fail=True).do()


def test_the_log_is_the_agents_and_that_of_what_takes_its_place(system, session):
    assert log_command(system, 50, follow=False)[1:3] == ["--unit=edge-agent.service", "--unit=edge-agent-safe.service"]
    assert "--user-unit=edge-agent.service" in log_command(session, 50, follow=True)
