"""`--help` answers at once, because nothing heavy is imported for it."""

import subprocess
import sys
import time

HEAVY = {
    "numpy",
    "pydantic",
    "rich",
    "onnxruntime",
    "sounddevice",
    "soxr",
    "httpx",
    "ctranslate2",
    "llama_cpp",
    "asyncio",
}


def test_help_loads_nothing_heavy():
    script = "import sys, edge_agent.cli as cli; cli.perform(['--help']); sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert sorted(HEAVY & set(done.stderr.split())) == []


def test_help_takes_little_longer_than_the_library_that_prints_it():
    # A ratio, because machines differ: importing typer takes 50 ms here, and the promise is 300 ms.
    def fastest_s(*arguments):
        def took_s():
            began = time.perf_counter()
            subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
            return time.perf_counter() - began

        return min(took_s() for _ in range(5))

    assert fastest_s("-m", "edge_agent", "--help") < 4 * fastest_s("-c", "import typer")


def test_an_agent_without_a_cloud_loads_nothing_for_it():
    script = "import sys, edge_agent.app.agent; sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert sorted({"openai", "httpx2"} & set(done.stderr.split())) == []
