"""A voice agent that lives on the device.

The map, in the order that sound travels::

    fleet/      the publisher of models for many devices; on no device's way
    cli/        one short function per command
    app/        the product, microphone to loudspeaker; the only package that knows all rooms
    skills.py   what an owner's own skills import
    talk/       the conversation
      ear/        sound in:    device, resampler, echo canceller, voice activity
      floor/      who speaks now: the turn machine and the end of a turn; pure
      mind/       words in, words out: speech to text, router, skills, language model, memory
      voice/      sound out:   phrases, speech synthesis, ledger of what was heard, playout
    workers/    the processes that hold Whisper, llama.cpp and Piper
    supply/     models: catalogue, fetch, verify
    host/       being a good guest on the machine
    bench/      what measures all of it on recordings
    base/       the words that everyone shares

Whoever stands higher may import what stands lower, never the other way; the four rooms of the talk do not know
each other: they speak in `base` words and meet in `app`. `make check` keeps both rules.
"""

import os

__version__ = "0.1.0"

# From 1.29 on, onnxruntime tells its maker which models it loads, over the network, unless it finds this before it is
# first used. Here, because every process of ours begins here.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
