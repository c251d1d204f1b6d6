"""Single keys from the terminal, while something else is shown on it."""

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def pressed(on_key: Callable[[str], None]) -> Iterator[None]:
    """Call `on_key` with each character typed, on the running loop. Without a terminal no key is ever pressed."""
    if not sys.stdin.isatty():
        yield
        return
    loop = asyncio.get_running_loop()
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    try:
        tty.setcbreak(handle)
        loop.add_reader(handle, _read, handle, on_key)
        yield
    finally:
        loop.remove_reader(handle)
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def _read(handle: int, on_key: Callable[[str], None]) -> None:
    for key in os.read(handle, 64).decode(errors="ignore"):
        on_key(key)
