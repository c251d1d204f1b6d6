"""A fake engine for the tests of the workers: a real process that misbehaves on request. Run as a worker.

What it does stands in the job's `do`, or, for the start, in the options.
"""

import ctypes
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from edge_agent.base.errors import EngineError, InputError
from edge_agent.workers.child import Engine, serve
from edge_agent.workers.wire import JSON, Item, Message, encode


class EchoEngine:
    def __init__(self, options: Mapping[str, JSON]) -> None:
        self._options = options
        self._leaked: list[bytearray] = []

    def prove(self) -> None:
        match self._options.get("start"):
            case "refuse":
                raise EngineError("two and two made five", hint="Get another calculator.")
            case "hang":
                _hang()
            case "crash":
                os._exit(9)
            case "once" if not (marker := Path(self._options["marker"])).exists():
                marker.touch()
            case "once":
                os._exit(9)

    def run(self, fields: Mapping[str, JSON], payload: bytes, cancelled: Callable[[], bool]) -> Iterator[Item]:
        began = time.process_time()
        match fields["do"]:
            case "echo":
                yield Item({"said": fields.get("say", "")}, payload)
            case "count":
                for number in range(fields["to"]):
                    if fields.get("obedient", True) and cancelled():
                        return
                    time.sleep(fields.get("every_s", 0))
                    yield Item({"number": number, "at": time.monotonic()})
            case "burn":
                while time.process_time() < began + fields["cpu_s"]:
                    pass
                yield Item({})
            case "leak":
                self._leaked.append(bytearray(os.urandom(1 << 20) * fields["mb"]))
                yield Item({"leaked_mb": fields["mb"]})
            case "look":
                look = {"environment": dict(os.environ), "niceness": os.nice(0), "group": os.getpgid(0)}
                dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE
                yield Item({**look, "dumpable": dumpable, "core": resource.getrlimit(resource.RLIMIT_CORE)[0]})
            case what:
                yield Item({"before": what})
                _misbehave(what, fields)
                yield Item({"after": what})


def _misbehave(what: str, fields: Mapping[str, JSON]) -> None:
    match what:
        case "hang":
            _hang()
        case "hold the lock":  # Python's own: the thread that answers pings can't run either
            ctypes.PyDLL(None).pause()
        case "segfault":
            ctypes.string_at(0)
        case "exit":
            os.write(2, b"these were my last words\n")
            os._exit(fields["code"])
        case "raise":
            raise ZeroDivisionError("counted to nothing")
        case "refuse":
            raise InputError("that is no number", hint="Give a number.")
        case "print":
            os.write(1, b"a native library says hello\n")
            sys.stdout.write("so does Python\n")
            sys.stdout.flush()
        case "print a long line":
            os.write(1, b"x" * 300_000)
        case "talk garbage":  # standard output points elsewhere by now: straight into the pipe
            os.write(_wire(), b"HTTP/1.1 200 OK\r\n\r\n")
        case "say half of it":
            os.write(_wire(), encode(Message("pong")))
        case "close the wire":
            os.close(_wire())
            _hang()


def _hang() -> None:
    while True:
        time.sleep(3600)


def _wire() -> int:
    """Return the one descriptor above the standard ones that is a pipe to write to."""
    for entry in Path("/proc/self/fd").iterdir():
        with_flags = Path("/proc/self/fdinfo", entry.name).read_text() if int(entry.name) > 2 else ""
        flags = int(with_flags.split()[3], 8) if with_flags else 0
        if flags & os.O_ACCMODE != os.O_RDONLY and str(entry.readlink()).startswith(("pipe:", "socket:")):
            return int(entry.name)
    raise AssertionError("no pipe to write to")


def make(options: Mapping[str, JSON]) -> Engine:
    return EchoEngine(options)


if __name__ == "__main__":
    serve(make)
