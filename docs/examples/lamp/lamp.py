"""Switches a lamp of the kernel's (/sys/class/leds/…/brightness) by what the agent says: `lamp.py SOCKET BRIGHTNESS`.

It shows the line first and sends it back then. Where either fails it ends, and with it the agent's hearing.
"""

import socket
import sys
from pathlib import Path

path, brightness = sys.argv[1], Path(sys.argv[2])
try:
    with socket.socket(socket.AF_UNIX) as agent:
        agent.connect(path)
        for line in agent.makefile("rb"):
            brightness.write_text("1" if line.startswith(b"open") else "0")
            agent.sendall(line)
finally:
    brightness.write_text("0")
