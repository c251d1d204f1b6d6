"""`edge-agent models`, as somebody types it: real processes, a folder of models, a loopback server."""

import hashlib
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

FILES = {"a.bin": b"data" * 1000, "b.txt": b"words"}


class Owner:
    """Somebody with a home of their own and a catalogue with one model in it."""

    def __init__(self, home, address="https://127.0.0.1:9"):
        self.home = home
        self.catalogue = home / "catalogue.toml"
        self.models = home / "data" / "edge-agent" / "models"
        self.stick = home / "stick"
        files = "\n".join(
            f'[[models.m.files]]\nname = "{name}"\nsize = {len(data)}\nsha256 = "{hashlib.sha256(data).hexdigest()}"'
            for name, data in FILES.items()
        )
        model = 'kind = "stt"\nabout = "x"\nlicence = "MIT"\nmemory_mb = 1\n'
        source = f'[[models.m.sources]]\nkind = "https"\nat = "{address}"\n'
        self.catalogue.write_text(f"schema = 1\nprofiles = {{}}\n[models.m]\n{model}{files}\n{source}")
        (self.stick / "m").mkdir(parents=True)
        for name, data in FILES.items():
            (self.stick / "m" / name).write_bytes(data)

    def start(self, *arguments, stderr=subprocess.PIPE):
        environment = {
            **os.environ,
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "EDGE_AGENT_MODELS__CATALOGUE": str(self.catalogue),
        }
        command = [sys.executable, "-c", "from edge_agent.cli import main; main()", "models", *map(str, arguments)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True)

    def types(self, *arguments):
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def types_json(self, *arguments):
        code, out, _ = self.types(*arguments, "--json")
        return code, json.loads(out)


@pytest.fixture
def owner(tmp_path):
    return Owner(tmp_path)


def test_a_model_is_pulled_from_a_stick_listed_verified_found_and_removed(owner):
    code, answer = owner.types_json("list")
    assert (code, answer["schema"], answer["ok"]) == (0, "edge-agent/models-list/v1", True)
    row = answer["data"]["models"][0]
    assert (row["name"], row["kind"], row["licence"], row["state"]) == ("m", "stt", "MIT", "missing")
    assert row["size_bytes"] == 4005

    code, out, err = owner.types("pull", "m", "--from", owner.stick)
    assert (code, out) == (0, f"{owner.models}/m\n")
    assert err == "4 kB fetched; every file is whole.\n"

    code, answer = owner.types_json("pull", "m", "--from", owner.stick)
    assert answer["data"]["fetched"] == []
    assert answer["data"]["sha256"]["m/b.txt"] == hashlib.sha256(b"words").hexdigest()

    assert owner.types("verify")[:2] == (0, "m is whole\n")
    assert owner.types("path", "m")[:2] == (0, f"{owner.models}/m\n")
    assert owner.types("path")[:2] == (0, f"{owner.models}\n")

    code, answer = owner.types_json("rm", "m")
    assert (code, answer["data"]) == (0, {"freed_bytes": {"m": 4005}})
    assert owner.types_json("list")[1]["data"]["models"][0]["state"] == "missing"


def test_a_damaged_file_is_named_by_verify_and_mended_by_pull(owner):
    owner.types("pull", "m", "--from", owner.stick)
    (owner.models / "m" / "a.bin").write_bytes(b"Data" * 1000)
    code, out, _ = owner.types("verify")
    assert code == 1
    assert out.startswith("m/a.bin is damaged")
    code, answer = owner.types_json("verify", "m")
    assert (code, answer["ok"], list(answer["data"]["models"]["m"])) == (1, False, ["a.bin"])
    code, answer = owner.types_json("pull", "m", "--from", owner.stick)
    assert answer["data"]["mended"] == ["m/a.bin"]
    assert owner.types("verify")[0] == 0


def test_a_missing_model_is_one_line_with_the_way_out(owner):
    code, out, err = owner.types("path", "m")
    assert (code, out) == (69, "")
    assert err.count("\n") == 1
    assert "`edge-agent models pull m` fetches it" in err


def test_verify_with_nothing_here_says_so_and_is_no_failure(owner):
    code, out, err = owner.types("verify")
    assert (code, out) == (0, "")
    assert "No model is here" in err
    assert owner.types("verify", "m")[0] == 1, "but a model that was named has to be here"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["pull", "mm"], 78, "there is no model named 'mm'. Did you mean 'm'?"),
        (["pull", "--profile", "huge"], 78, "there is no profile named 'huge'"),
        (["pull", "m", "--from", "/no/such/folder"], 66, "there is no folder /no/such/folder"),
        (["pull", "m", "--from", "http://example.org"], 66, "http://example.org is not an https address"),
        (["pull", "m"], 75, "m/a.bin could not be fetched: https://127.0.0.1:9/a.bin: "),
        (["rm"], 2, "Missing argument"),
    ],
)
def test_whatever_goes_wrong_is_one_line_and_an_exit_code(owner, arguments, code, words):
    came, out, err = owner.types(*arguments)
    assert (came, out) == (code, "")
    assert words in err
    assert err.count("\n") == 1
    came, answer = owner.types_json(*arguments)
    assert (came, answer["ok"], answer["error"]["exit"]) == (code, False, code)


def test_a_catalogue_that_is_wrong_names_its_place(owner):
    owner.catalogue.write_text(owner.catalogue.read_text().replace("size = 5", "size = -5"))
    code, _, err = owner.types("list")
    assert code == 78
    assert "models.m.files.1.size" in err


@pytest.fixture
def slow_server():
    """A listening socket; whoever asks it for a.bin is answered by hand."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def asked_for_a_bin(server):
    """Let go of whoever asks for another file, and begin to answer with a.bin."""
    while True:
        connection, _ = server.accept()
        if b"/a.bin" in connection.recv(4096):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nd")
            return connection
        connection.close()


def test_ctrl_c_ends_a_pull_soon_and_quietly(tmp_path, slow_server):
    owner = Owner(tmp_path, f"http://127.0.0.1:{slow_server.getsockname()[1]}")
    with owner.start("pull", "m") as process, asked_for_a_bin(slow_server):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=25)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not (owner.models / "m").exists()


def test_without_a_terminal_progress_is_a_plain_line_now_and_then(tmp_path, slow_server):
    owner = Owner(tmp_path, f"http://127.0.0.1:{slow_server.getsockname()[1]}")
    with owner.start("pull", "m") as process, asked_for_a_bin(slow_server) as connection:
        # A byte every half second, until the line is there.
        while not select.select([process.stderr], [], [], 0.5)[0]:
            connection.sendall(b"d")
        line = process.stderr.readline()
        process.kill()
    assert line.startswith("0 kB of 4 kB verified; on their way: m/a.bin 0 kB")


def test_on_a_terminal_progress_is_a_bar_and_data_stays_apart(owner):
    terminal, theirs = pty.openpty()
    with owner.start("pull", "m", "--from", owner.stick, stderr=theirs) as process:
        out, _ = process.communicate(timeout=60)
    os.close(theirs)
    shown = b""
    while select.select([terminal], [], [], 0)[0]:
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # how a terminal says that nobody is left to write to it
            break
    os.close(terminal)
    assert out == f"{owner.models}/m\n"
    assert b"4.0/4.0 kB" in shown


def test_the_catalogue_that_ships_is_listed_for_people(owner):
    shipped = Path(__file__).parents[2] / "models" / "catalogue.toml"
    owner.catalogue.write_text(shipped.read_text())
    code, out, _ = owner.types("list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["NAME", *tomllib.loads(shipped.read_text())["models"]]
