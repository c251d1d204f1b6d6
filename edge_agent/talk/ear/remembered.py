"""How late the echo of each device came, and how its clocks drift apart, from one opening to the next.

1. It is a hint and nothing more: a file that is missing, damaged or cannot be written costs the hint.
2. What is kept is a device's name, its rate and two numbers. Nothing of what was heard.
"""

import contextlib
import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from edge_agent.talk.ear.delay import DELAY_S_MAX

log = logging.getLogger(__name__)

FILE = "echo.json"
"""In the state folder."""

DEVICES_MAX = 16
"""Those that were used last."""


DRIFT_PPM_MAX = 1000.0
"""Clocks that are further apart belong to a device that is out of order."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one device's echo; each None if nobody knows."""

    delay_ms: float | None = None
    drift_ppm: float | None = None
    """As `delay.Echo` has it."""


class Remembered:
    """What is known of the devices."""

    def __init__(self, path: Path | None = None) -> None:
        """Without a path it lives as long as the process."""
        self._path = path
        self._devices = _read(path) if path else {}

    def known(self, device: str, rate_hz: int) -> Known:
        """Return what is known of the device at this rate."""
        return self._devices.get(_key(device, rate_hz), Known())

    def keep(self, device: str, rate_hz: int, known: Known) -> None:
        """Remember it, and write it down."""
        self._devices.pop(_key(device, rate_hz), None)
        self._devices[_key(device, rate_hz)] = Known(_rounded(known.delay_ms), _rounded(known.drift_ppm))
        self._devices = dict(list(self._devices.items())[-DEVICES_MAX:])
        if self._path is not None:
            _write(self._path, self._devices)


def _key(device: str, rate_hz: int) -> str:
    return f"{device} at {rate_hz} Hz"


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 1)


def _read(path: Path) -> dict[str, Known]:
    with contextlib.suppress(OSError, ValueError, RecursionError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return {key: _told(value) for key, value in found.items() if isinstance(value, dict)}
    return {}


def _told(value: dict[str, object]) -> Known:
    return Known(
        _between(value.get("delay_ms"), 0, 1000 * DELAY_S_MAX),
        _between(value.get("drift_ppm"), -DRIFT_PPM_MAX, DRIFT_PPM_MAX),
    )


def _between(value: object, least: float, most: float) -> float | None:
    return float(value) if isinstance(value, int | float) and least <= value <= most else None


def _write(path: Path, devices: dict[str, Known]) -> None:
    unfinished = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(
            json.dumps({key: asdict(known) for key, known in devices.items()}, indent=1), encoding="utf-8"
        )
        unfinished.replace(path)
    except OSError as error:
        log.warning("what is known of the echo can't be kept: %s", error)
