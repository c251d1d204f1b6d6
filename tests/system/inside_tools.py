"""What the steps inside of the booted machine are written with, and what they leave behind."""

import json
import subprocess
import time
import traceback
from pathlib import Path

RESULTS = Path("/results/steps.jsonl")
STEPS = []


def step(function):
    STEPS.append(function)
    return function


def run(*words, check=False, timeout=120, **more):
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=timeout, **more)
    if check and done.returncode:
        raise RuntimeError(f"{words}: {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done


def show(key, unit="edge-agent.service"):
    return run("systemctl", "show", unit, f"--property={key}", "--value").stdout.strip()


def pid():
    return int(show("MainPID"))


def journal(unit="edge-agent.service"):
    return run("journalctl", "--no-pager", "--output=cat", f"--unit={unit}").stdout


def until(so, seconds):
    """Wait for it, and return how long that took."""
    began = time.monotonic()
    while not so():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.1)
    return time.monotonic() - began


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def policies(process):
    """How many of its threads are real-time, and how many there are."""
    stats = [path.read_text().rpartition(")")[2].split() for path in Path(f"/proc/{process}/task").glob("*/stat")]
    return [sum(stat[38] in ("1", "2") for stat in stats), len(stats)]


def as_agent(*words):
    """Run something in the agent's view of the files, as the agent's user."""
    user = run("id", "--user", "edge-agent", check=True).stdout.strip()
    return run("nsenter", "--target", str(pid()), "--mount", "--setuid", user, "--setgid", user, *words)


def settled():
    """It runs, and is what the units say."""
    return {key: show(key) for key in ("ActiveState", "StatusText", "NRestarts", "UnitFileState")}


def all_steps():
    """Each in its turn; what came of it is a line of the results."""
    with RESULTS.open("a") as out:
        for function in STEPS:
            began = time.monotonic()
            try:
                told = function()
            except Exception:
                told = {"error": traceback.format_exc(), "journal": journal()[-6000:]}
            told = {"step": function.__name__, "took_s": round(time.monotonic() - began, 1)} | told
            out.write(json.dumps(told) + "\n")
            out.flush()
