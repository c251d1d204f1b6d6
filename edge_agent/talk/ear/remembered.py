"""How late the echo of each device came, from one opening to the next.

1. It is a hint and nothing more: a file that is missing, damaged or cannot be written costs the hint.
2. What is kept is a device's name, its rate and a number. Nothing of what was heard.
"""

import contextlib
import json
import logging
from pathlib import Path

from edge_agent.talk.ear.delay import DELAY_S_MAX

log = logging.getLogger(__name__)

FILE = "echo.json"
"""In the state folder."""

DEVICES_MAX = 16
"""Those that were used last."""


class Remembered:
    """The delays that are known, ms."""

    def __init__(self, path: Path | None = None) -> None:
        """Without a path it lives as long as the process."""
        self._path = path
        self._delays_ms = _read(path) if path else {}

    def delay_ms(self, device: str, rate_hz: int) -> float | None:
        """Return what the device's delay was, at this rate; None if nobody knows."""
        return self._delays_ms.get(_key(device, rate_hz))

    def keep(self, device: str, rate_hz: int, delay_ms: float) -> None:
        """Remember it, and write it down."""
        self._delays_ms.pop(_key(device, rate_hz), None)
        self._delays_ms[_key(device, rate_hz)] = round(delay_ms, 1)
        self._delays_ms = dict(list(self._delays_ms.items())[-DEVICES_MAX:])
        if self._path is not None:
            _write(self._path, self._delays_ms)


def _key(device: str, rate_hz: int) -> str:
    return f"{device} at {rate_hz} Hz"


def _read(path: Path) -> dict[str, float]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            numbers = {key: float(value) for key, value in found.items() if isinstance(value, int | float)}
            return {key: value for key, value in numbers.items() if 0 <= value <= 1000 * DELAY_S_MAX}
    return {}


def _write(path: Path, delays_ms: dict[str, float]) -> None:
    unfinished = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(delays_ms, indent=1), encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        log.warning("the delay of the echo can't be kept: %s", error)
