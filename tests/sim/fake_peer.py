"""A stand-in for another agent: no models, but the same socket. A program of its own, run as the peers are.

``fake_peer.py FD OPTIONS`` with the options `do` and `after_ms`:

- ``answer``: beeps so long after the last loud sound, unless it is told to be silent;
- ``echo``: gives back what it hears;
- ``die``: leaves with words on standard error as soon as it is to forget; ``die_young``: before it is ready;
- ``hang``: is ready, and then does nothing more; ``load_for_ever``: is never ready.
"""

import json
import socket
import struct
import sys
import time
from array import array

HEADER = struct.Struct("<cI")
RATE_HZ = 16_000
BEEP = array("h", [8000, -8000] * (RATE_HZ // 20))
"""0.1 s."""
LOUD = 1000


class Fake:
    def __init__(self, channel, do, after_ms):
        self.channel = channel
        self.do = do
        self.after = after_ms * RATE_HZ // 1000
        self.quiet = None
        """Samples since the last loud one; None once it was answered."""

    def tell(self, kind, content=b""):
        self.channel.sendall(HEADER.pack(kind, len(content)) + content)

    def messages(self):
        incoming = self.channel.makefile("rb")
        while header := incoming.read(HEADER.size):
            kind, size = HEADER.unpack(header)
            yield kind, incoming.read(size)

    def hear(self, sound):
        if self.do == "echo":
            self.tell(b"s", sound)
        elif max(map(abs, array("h", sound))) > LOUD:
            self.quiet = 0
        elif self.quiet is not None:
            self.quiet += len(sound) // 2
            if self.quiet >= self.after:
                self.tell(b"s", BEEP.tobytes())
                self.quiet = None

    def live(self):
        if self.do == "die_young":
            sys.exit("no engine")
        if self.do != "load_for_ever":
            self.tell(b"r", json.dumps({"version": "1", "rate_hz": RATE_HZ}).encode())
        while self.do in ("hang", "load_for_ever"):
            time.sleep(60)
        for kind, content in self.messages():
            if kind == b"m":
                self.hear(content)
            elif kind == b"i":
                self.quiet = None
            elif self.do == "die":
                sys.exit("the engine is lost")
            else:
                self.tell(b"f")


if __name__ == "__main__":
    Fake(socket.socket(fileno=int(sys.argv[1])), **json.loads(sys.argv[2])).live()
