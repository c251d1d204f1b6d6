"""Where everything lies, after the XDG base directories; as a system service, after systemd's.

1. Whoever runs with `$STATE_DIRECTORY` set is the system service, and so is its user, whose home is its state: what its
   owner asks with `sudo -u edge-agent` is asked of the service's settings and models. Everybody else is a user.
2. A folder that the environment names wins; a relative one is ignored, as the XDG specification asks.
3. Nothing is created here. Whoever writes a file makes its folder.
"""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NAME = "edge-agent"
VENDOR = Path("/usr/lib") / NAME
"""What a distribution's package brings; `config.toml` in it is the lowest file of all."""

STATE = Path("/var/lib") / NAME
"""The system service's, and the home of its user."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one installation."""

    service: bool
    """Whether this is the system service."""
    vendor: Path
    """The packager's `config.toml`."""
    config: Path
    """The owner's `config.toml` and `conf.d/*.toml`."""
    models: Path
    """Models that were pulled."""
    state: Path
    """What the agent remembers from one run to the next, and crash files."""
    cache: Path
    """May be deleted at any time. Half-fetched models are not here but within `models`, on the disk they will fill."""
    runtime: Path
    """Sockets and locks; gone after a restart of the machine."""


def paths(environment: Mapping[str, str] | None = None) -> Paths:
    """Return the folders for this process, or for another environment."""
    given = os.environ if environment is None else environment
    own = _home()
    return _service(given) if given.get("STATE_DIRECTORY") or own == STATE else _user(given, own)


def _service(given: Mapping[str, str]) -> Paths:
    def folder(name: str, parent: str) -> Path:
        # systemd joins several folders with colons; the first is the one that the unit names first.
        first = given.get(name, "").split(":")[0]
        return Path(first) if first else Path(parent) / NAME

    state = folder("STATE_DIRECTORY", "/var/lib")
    return Paths(
        service=True,
        vendor=VENDOR,
        config=folder("CONFIGURATION_DIRECTORY", "/etc"),
        models=state / "models",
        state=state,
        cache=folder("CACHE_DIRECTORY", "/var/cache"),
        runtime=folder("RUNTIME_DIRECTORY", "/run"),
    )


def _user(given: Mapping[str, str], own: Path) -> Paths:
    named = Path(given.get("HOME", ""))
    home = named if named.is_absolute() else own

    def folder(name: str, otherwise: Path) -> Path:
        named = Path(given.get(name, ""))
        return (named if named.is_absolute() else otherwise) / NAME

    cache = folder("XDG_CACHE_HOME", home / ".cache")
    return Paths(
        service=False,
        vendor=VENDOR,
        config=folder("XDG_CONFIG_HOME", home / ".config"),
        models=folder("XDG_DATA_HOME", home / ".local/share") / "models",
        state=folder("XDG_STATE_HOME", home / ".local/state"),
        cache=cache,
        # Without a login session nobody makes a runtime folder; the cache is the next best place for a lock.
        runtime=folder("XDG_RUNTIME_DIR", home / ".cache"),
    )


def _home() -> Path:
    """The home of this process's user, as the system knows it."""
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        # A user who is but a number, as containers have them: nothing can be kept, and whoever tries says so.
        return Path("/")
