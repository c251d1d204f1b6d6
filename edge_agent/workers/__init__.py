"""The processes that hold Whisper, llama.cpp and Piper, and what starts, feeds, watches and replaces them.

    wire.py        the messages between the agent and a worker
    supervise.py   when a worker is started, doubted, killed and started again; pure
    process.py     the agent's side: carries the supervisor's decisions out and hands jobs over
    life.py        one process, from its start to why it ended
    child.py       the worker's side: loads one engine, proves it, runs its jobs
    budget.py      how many threads each engine gets
    whisper.py  llama.py  piper.py     one engine each, only ever run as `python -m`; beside them what they are made of

An engine that crashes, hangs or leaks in native code takes its own process down and costs one reply, never the talk.
"""
