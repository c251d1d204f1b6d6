"""The updater of this device, put together from its settings."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_agent.base.errors import InputError, SettingsError
from edge_agent.base.settings import Settings
from edge_agent.supply.fleet import health, metadata_files
from edge_agent.supply.fleet.channel import Channel
from edge_agent.supply.fleet.doing import Ports, Terms, sleep
from edge_agent.supply.fleet.download import Mirrors
from edge_agent.supply.fleet.fits import machine, why_not
from edge_agent.supply.fleet.fleet import Fleet, believe, device_name
from edge_agent.supply.fleet.hours import hours
from edge_agent.supply.fleet.models import folders, pulled, root
from edge_agent.supply.fleet.proving import InACanary
from edge_agent.supply.fleet.release import Release
from edge_agent.supply.fleet.transport import Transport
from edge_agent.supply.fleet.trust import evidence
from edge_agent.supply.fleet.updater import Updater
from edge_agent.supply.fleet.wanted import Nobody
from edge_agent.supply.fleet.words import Policy
from edge_agent.workers import budget


@contextmanager
def updater(
    settings: Settings, *, folder: Path | None = None, asks: bool = True, wait: Callable[[float], bool] = sleep
) -> Iterator[Updater]:
    """Return the updater; with `folder`, one that asks a copy of the repository there and nobody else.

    Raises SettingsError where no fleet is configured, or nobody to believe.
    """
    mirrors = _mirrors(settings, folder) if asks else []
    at, own = root(settings.models), pulled(settings.models)
    with Transport() as transport:
        ports = Ports(
            wanted=_fleet(settings, at / metadata_files.FOLDER, mirrors, transport) if asks else Nobody(),
            mirrors=Mirrors(mirrors, transport),
            proof=InACanary(max(1, budget.share(settings.workers.threads).llm), settings.mind.context_tokens),
            models=lambda name: folders(settings, name),
            fits=lambda release: _why_not(settings, own, release),
            evidence=lambda: evidence(at / metadata_files.FOLDER),
            wait=wait,
        )
        yield Updater(at, own, terms(settings), ports)


def _fleet(settings: Settings, trust: Path, mirrors: list[str], transport: Transport) -> Fleet:
    believe(trust, settings.fleet)
    channel = Channel(trust, mirrors, settings.fleet.channel, transport)
    return Fleet(channel, device_name(settings.fleet), frozenset(settings.fleet.cohorts))


def terms(settings: Settings) -> Terms:
    """What the settings allow."""
    fleet = settings.fleet
    return Terms(
        keep_free=fleet.keep_free_mb * 1_000_000,
        rate=fleet.limit_kb_s * 1000,
        hours=hours(fleet.hours),
        policy=Policy(poll_s=fleet.poll_s),
        limits=health.Limits(probation_s=fleet.probation_s, turns_min=fleet.probation_turns),
    )


def _mirrors(settings: Settings, folder: Path | None) -> list[str]:
    if folder is not None:
        if not (folder / "metadata").is_dir():
            raise InputError(
                f"{folder} is no fleet's repository", hint="It should hold metadata/, targets/ and chunks/."
            )
        return [folder.absolute().as_uri()]
    named, here = settings.fleet.mirrors, settings.privacy.local_only
    mirrors = [mirror for mirror in named if mirror.startswith("file:") or not here]
    if not mirrors:
        hint = "Set `fleet.mirrors`, or name a folder with --from."
        if named:
            hint = "privacy.local_only asks nobody but a folder: name a file:/// mirror, or one with --from."
        raise SettingsError("this device belongs to no fleet that it may ask", hint=hint)
    return mirrors


def _why_not(settings: Settings, own: Path, release: Release) -> str:
    own.mkdir(parents=True, exist_ok=True)
    return why_not(release, machine(), settings, shutil.disk_usage(own).total // 1_000_000)
