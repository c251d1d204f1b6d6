"""What usually keeps a service from a sound card, and how to mend it. Says nothing where nobody installed one.

The sound server of a desktop belongs to whoever is logged in. A service of the system does not reach it, and finds the
card in its hands; a service of a user's session ends with the session, unless that lingers.
"""

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from edge_agent.host.check import Check, Verdict
from edge_agent.host.units import AGENT, is_installed, place

USER = "edge-agent"
"""The system service's."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of services here."""

    manager: bool = True
    """Whether systemd runs."""
    system: bool = False
    """Whether the agent is installed as a service of the system."""
    session: bool = False
    """The same of this user's session."""
    lingers: bool = False
    """Whether this user's services outlive the login."""
    hears: bool = True
    """Whether the system service's user may use sound cards."""
    sound_server: bool = False
    """Whether somebody's PipeWire or PulseAudio runs here."""


def judge_service(seen: Seen) -> Check:
    """Say what that means for the service."""
    if not seen.manager:
        return Check("service", Verdict.SKIPPED, "systemd does not run here")
    if seen.system and seen.session:
        fix = "Keep one: `edge-agent service uninstall --user`, or the same with sudo and without --user."
        return Check("service", Verdict.FAILED, "installed twice, in the system and for this user", fix)
    if seen.system and not seen.hears:
        fix = f"`sudo usermod -aG audio {USER}`, then `sudo systemctl restart edge-agent`"
        return Check("service", Verdict.FAILED, f"the user {USER} may not use sound cards", fix)
    if seen.system and seen.sound_server:
        fix = "On a laptop: `sudo edge-agent service uninstall`, then `edge-agent service install --user`."
        about = "a service of the system, beside a user's sound server that holds the cards"
        return Check("service", Verdict.WARNED, about, fix)
    if seen.session and not seen.lingers:
        fix = "To keep it when you log out: `sudo loginctl enable-linger $USER`."
        return Check("service", Verdict.WARNED, "it runs while you are logged in", fix)
    if seen.system or seen.session:
        return Check("service", Verdict.OK, "installed" + (" for this user" if seen.session else ""))
    return Check("service", Verdict.OK, "not installed; `edge-agent service install` would")


def seen() -> Seen:
    """Look, without asking anybody."""
    return Seen(
        manager=Path("/run/systemd/system").exists(),
        system=is_installed(),
        session=(place(user=True).units / AGENT).exists(),
        lingers=_lingers(),
        hears=_hears(),
        sound_server=any(
            next(Path("/run/user").glob(f"*/{socket}"), None) for socket in ("pipewire-0", "pulse/native")
        ),
    )


def _lingers() -> bool:
    try:
        return Path("/var/lib/systemd/linger", pwd.getpwuid(os.getuid()).pw_name).exists()
    except KeyError:
        return False  # Who is but a number has no session.


def _hears() -> bool:
    try:
        return USER in grp.getgrnam("audio").gr_mem
    except KeyError:
        return True  # A system without such a group lets everybody.
