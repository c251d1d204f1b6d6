"""Which profile fits this machine, where the owner named none.

Speech recognition is most of what a turn computes, and it computes in 8-bit integers. A processor that multiplies and
adds those in one instruction takes a third of the time of one that does not: there, whisper-base answers as soon as
whisper-tiny does elsewhere. On two cores without such instructions it would hold up every answer by 0.2 s and more.
"""

from pathlib import Path

AUTO = "auto"
"""Asks for whatever fits."""

FAST = ("avx512_vnni", "avx_vnni", "amx_int8")
"""Of x86, as the kernel calls them. ARM's dot products are not counted: the boards that have them were not measured."""


def fitting(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return `standard` for a processor with fast 8-bit products, `tiny` for any other."""
    flags = cpuinfo.read_text(errors="replace").split() if cpuinfo.exists() else ()
    return "standard" if any(flag in flags for flag in FAST) else "tiny"
