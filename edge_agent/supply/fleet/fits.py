"""Whether a release is for this device: its agent, its processor, its memory, its settings."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from edge_agent.base.errors import SettingsError
from edge_agent.base.settings import Settings
from edge_agent.supply.fleet.models import overlaid
from edge_agent.supply.fleet.release import AGENT_API, Release


@dataclass(frozen=True, slots=True)
class Machine:
    """What a release may ask of a device."""

    arch: str
    cpu: frozenset[str]
    ram_mb: int


def machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> Machine:
    """Look at this one."""
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    ram_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
    return Machine(platform.machine(), frozenset(flags.partition(":")[2].split()), ram_mb)


def why_not(release: Release, device: Machine, settings: Settings, disk_mb: int) -> str:
    """Say why a release is not for this device; nothing if it is. `disk_mb` is all of the models' disk."""
    needs = release.requires
    if not needs.agent_api_min <= AGENT_API <= needs.agent_api_max:
        return f"it is for agents {needs.agent_api_min} to {needs.agent_api_max}, and this is {AGENT_API}"
    if needs.arch and device.arch not in needs.arch:
        return f"it is for {', '.join(needs.arch)}, and this is {device.arch}"
    if lacking := sorted(set(needs.cpu) - device.cpu):
        return f"the processor lacks {', '.join(lacking)}"
    if needs.ram_mb > device.ram_mb:
        return f"it needs {needs.ram_mb} MB of memory, and there are {device.ram_mb}"
    if needs.disk_mb > disk_mb:
        return f"it needs {needs.disk_mb} MB of disk, and there are {disk_mb}"
    try:
        overlaid(settings, release.settings)
    except SettingsError as error:
        return str(error)
    return ""
