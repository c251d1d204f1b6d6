"""Packs the CMU Pronouncing Dictionary into the form that `talk/mind/skills/sounds` reads.

    python tools/pack_cmudict.py cmudict.dict

`cmudict.dict` is the file of that name in https://github.com/cmusphinx/cmudict (BSD-2-Clause). Stress is dropped, a
phone becomes a byte, the ways to say a word stand behind it on one line, and the lines are sorted by their bytes.
"""

import lzma
import sys
from pathlib import Path

from edge_agent.talk.mind.skills.sounds.phones import encoded
from edge_agent.talk.mind.skills.sounds.pronounce import DICTIONARY


def packed(dictionary: str) -> bytes:
    """Return the lines of `cmudict.dict` in the form that ships."""
    ways: dict[str, list[bytes]] = {}
    for line in dictionary.splitlines():
        word, *phones = line.partition("#")[0].split()
        sound = encoded(phones)
        known = ways.setdefault(word.partition("(")[0], [])
        if sound not in known:
            known.append(sound)
    lines = sorted(b" ".join((word.encode(), *sounds)) for word, sounds in ways.items())
    return b"".join(line + b"\n" for line in lines)


if __name__ == "__main__":
    text = packed(Path(sys.argv[1]).read_text(encoding="utf-8"))
    DICTIONARY.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
    print(f"{DICTIONARY}: {len(text.splitlines())} words, {DICTIONARY.stat().st_size} bytes")  # noqa: T201
