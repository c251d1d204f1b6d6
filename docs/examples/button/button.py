"""Makes a key of the kernel's the talk key: `button.py SOCKET DEVICE [CODE]`.

    button.py /run/edge-agent/agent.sock /dev/input/by-path/platform-button-event 28

A button at a GPIO is such a key by the kernel's gpio-keys (`dtoverlay=gpio-key` on a Raspberry Pi); so are pedals and
remote controls. CODE is the key's number in linux/input-event-codes.h; without it any key will do.
"""

import http.client
import socket
import struct
import sys
from pathlib import Path

EVENT = struct.Struct("@llHHi")  # seconds, microseconds, type, code, value: struct input_event
KEY = 1
ASKS = {1: "/v1/press", 0: "/v1/release"}  # 2 is a key that repeats itself
PATIENCE_S = 10


def post(path: str, where: str) -> None:
    """Ask the agent; one that does not run is pressed in vain."""
    line = http.client.HTTPConnection("localhost", timeout=PATIENCE_S)
    line.sock = socket.socket(socket.AF_UNIX)
    try:
        line.sock.settimeout(PATIENCE_S)
        line.sock.connect(where)
        line.request("POST", path)
        said = line.getresponse()
        if said.status != 200:
            sys.stderr.write(f"the agent says no: {said.read().decode(errors='replace')}\n")
    except OSError as error:
        sys.stderr.write(f"no agent: {error}\n")
    finally:
        line.close()


where, device, *codes = sys.argv[1:]
with Path(device).open("rb", buffering=0) as events:
    while data := events.read(EVENT.size):
        _, _, kind, code, value = EVENT.unpack(data)
        if kind == KEY and value in ASKS and (not codes or str(code) in codes):
            post(ASKS[value], where)
