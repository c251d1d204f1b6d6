"""What a loader of models could do in the cage, tried by a stand-in that means harm: a process caged like a canary."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

CAGED = """
import json, subprocess, sys
from pathlib import Path
from edge_agent.supply.fleet.cage import lock_down
held = lock_down(2000, [Path(sys.argv[1])])
said = subprocess.run([sys.executable, "-P", "-c", sys.argv[2]], stdout=subprocess.PIPE, text=True).stdout
print(json.dumps([held, said.strip()]))
"""
"""What is tried is done by a child, as a worker is one."""


def tried(what, model, *, limit_s=60):
    """Run Python code in the cage; what it raised, or `done`."""
    code = f"""
try:
    {what}
except OSError as error:
    print(type(error).__name__)
except MemoryError:
    print("MemoryError")
else:
    print("done")
"""
    command = [sys.executable, "-P", "-c", CAGED, str(model), code]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=limit_s, check=True).stdout
    held, said = json.loads(told)
    return set(held), said


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    (folder / "model.gguf").write_bytes(b"GGUF")
    return folder


@pytest.fixture(scope="module")
def held(model):
    found, _ = tried("pass", model)
    return found


@pytest.fixture
def keys(tmp_path):
    key = tmp_path / "keys" / "cloud.key"
    key.parent.mkdir()
    key.write_text("secret")
    return key


def test_it_reads_the_model_and_runs_python(model):
    assert tried(f"open({str(model / 'model.gguf')!r}).read(); import numpy", model)[1] == "done"
    assert tried("import socket; socket.socketpair(); open('/dev/null', 'w').write('x')", model)[1] == "done"


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"])
def test_it_opens_no_socket(model, held, family):
    if "calls" not in held:
        pytest.skip("this kernel filters no system calls")
    assert tried(f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)", model)[1] == "PermissionError"


def test_it_reads_no_keys(model, held, keys):
    if "files" not in held:
        pytest.skip("this kernel has no Landlock")
    assert tried(f"open({str(keys)!r}).read()", model)[1] == "PermissionError"
    assert tried(f"import os; os.listdir({str(keys.parent)!r})", model)[1] == "PermissionError"
    assert tried(f"open('/proc/{os.getpid()}/environ').read()", model)[1] == "PermissionError"


def test_it_writes_nowhere(model, held, tmp_path):
    if "files" not in held:
        pytest.skip("this kernel has no Landlock")
    for place in (tmp_path / "new", model / "new", model / "model.gguf", Path("/tmp/edge-agent-was-here")):
        assert tried(f"open({str(place)!r}, 'w')", model)[1] == "PermissionError"
    assert tried(f"import os; os.unlink({str(model / 'model.gguf')!r})", model)[1] == "PermissionError"
    assert (model / "model.gguf").read_bytes() == b"GGUF"


def test_it_neither_ends_nor_looks_into_other_programs(model, held):
    if not {"files", "calls"} <= held:
        pytest.skip("this kernel has no Landlock, or filters no system calls")
    assert tried(f"import os; os.kill({os.getpid()}, 0)", model)[1] == "PermissionError"
    peek = f"""
    import ctypes, os
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, {os.getpid()}, 0, 0):
        raise OSError(ctypes.get_errno(), "refused")
"""
    assert tried(peek.strip(), model)[1] == "PermissionError"


def test_it_has_no_more_memory_than_it_is_given(model):
    assert tried("bytearray(3 << 30)", model)[1] == "MemoryError"
