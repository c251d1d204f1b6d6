"""Where everything lies, for a user and for the system service."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent.base.paths import paths


def test_a_user_has_the_folders_of_the_xdg_specification():
    found = paths({"HOME": "/home/ada"})
    assert not found.service
    assert found.config == Path("/home/ada/.config/edge-agent")
    assert found.models == Path("/home/ada/.local/share/edge-agent/models")
    assert found.state == Path("/home/ada/.local/state/edge-agent")
    assert found.cache == Path("/home/ada/.cache/edge-agent")
    assert found.runtime == Path("/home/ada/.cache/edge-agent")


def test_the_environment_moves_each_of_them():
    names = ("CONFIG", "DATA", "STATE", "CACHE")
    moved = {f"XDG_{name}_HOME": f"/moved/{name.lower()}" for name in names} | {"XDG_RUNTIME_DIR": "/run/user/1000"}
    found = paths({"HOME": "/home/ada", **moved})
    assert found.config == Path("/moved/config/edge-agent")
    assert found.models == Path("/moved/data/edge-agent/models")
    assert found.state == Path("/moved/state/edge-agent")
    assert found.cache == Path("/moved/cache/edge-agent")
    assert found.runtime == Path("/run/user/1000/edge-agent")


def test_a_relative_folder_is_ignored_as_the_specification_asks():
    assert paths({"HOME": "/home/ada", "XDG_CACHE_HOME": "here"}).cache == Path("/home/ada/.cache/edge-agent")


@pytest.mark.parametrize("environment", [{}, {"HOME": ""}, {"HOME": "here"}])
def test_without_a_home_it_is_the_one_that_the_system_has_for_the_user(environment):
    assert paths(environment).config == Path(pwd.getpwuid(os.getuid()).pw_dir) / ".config/edge-agent"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may be somebody else for a moment")
def test_a_user_whom_the_system_does_not_know_has_folders_too():
    own = os.getresuid()
    os.setresuid(2**31 - 7, 0, 0)
    try:
        assert paths({}).config == Path("/.config/edge-agent")
    finally:
        os.setresuid(*own)


def test_the_service_has_the_folders_that_systemd_gives_it():
    found = paths(
        {
            "HOME": "/home/ada",
            "XDG_CONFIG_HOME": "/home/ada/config",
            "STATE_DIRECTORY": "/var/lib/kiosk:/var/lib/more",
            "CACHE_DIRECTORY": "/var/cache/kiosk",
            "RUNTIME_DIRECTORY": "/run/kiosk",
        }
    )
    assert found.service
    assert found.config == Path("/etc/edge-agent")
    assert found.models == Path("/var/lib/kiosk/models")
    assert found.state == Path("/var/lib/kiosk")
    assert found.cache == Path("/var/cache/kiosk")
    assert found.runtime == Path("/run/kiosk")


def test_a_service_whose_unit_names_the_state_alone_finds_the_rest():
    found = paths({"STATE_DIRECTORY": "/var/lib/edge-agent"})
    assert found.cache == Path("/var/cache/edge-agent")
    assert found.runtime == Path("/run/edge-agent")


AS_THE_SERVICES_USER = """
mount --bind "$1" /etc/passwd || exit
exec setpriv --reuid 4242 --clear-groups -- "$2" -c 'from edge_agent.base.paths import paths; print(paths().config)'
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may have users of his own")
def test_the_services_user_means_the_service(tmp_path):
    passwd = tmp_path / "passwd"
    passwd.write_text("edge-agent:x:4242:4242::/var/lib/edge-agent:/usr/sbin/nologin\n")
    passwd.chmod(0o644)
    command = ["unshare", "--mount", "sh", "-c", AS_THE_SERVICES_USER, "-", passwd, sys.executable]
    environment = {"HOME": "/home/ada", "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.stderr.startswith(("unshare:", "mount:")):
        pytest.skip(f"no mounts here: {done.stderr}")
    assert done.stdout == "/etc/edge-agent\n"


def test_nothing_is_created(tmp_path):
    paths({"HOME": str(tmp_path)})
    assert not list(tmp_path.iterdir())
