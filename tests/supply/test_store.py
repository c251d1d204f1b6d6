"""What the store says about what lies in it."""

import os
import subprocess
import sys

import pytest

from edge_agent.base.errors import AccessError, ModelError, NetworkError
from edge_agent.supply.catalogue import parse
from edge_agent.supply.store import State, Store


@pytest.fixture
def model(shelf):
    return parse(shelf.table(m=shelf.model({"a.bin": b"aaaa", "b.bin": b"bb"})), where="test").models["m"]


def put(store, name, data):
    path = store.root / "m" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_a_model_that_is_not_here_is_missing_and_the_error_says_how_to_get_it(tmp_path, model):
    store = Store(tmp_path / "nothing")
    assert store.state(model) is State.MISSING
    with pytest.raises(ModelError) as caught:
        store.folder(model)
    assert f"the model m is not in {store.root}" == str(caught.value)
    assert "`edge-agent models pull m`" in caught.value.hint


def test_a_whole_model_has_a_folder(tmp_path, model):
    store = Store(tmp_path)
    put(store, "a.bin", b"aaaa")
    put(store, "b.bin", b"bb")
    assert store.state(model) is State.INSTALLED
    assert store.folder(model) == tmp_path / "m"
    assert store.damaged(model) == {}


def test_some_of_its_files_make_a_model_partial(tmp_path, model):
    store = Store(tmp_path)
    put(store, "b.bin", b"bb")
    assert store.state(model) is State.PARTIAL
    with pytest.raises(ModelError, match=r"a\.bin is missing$"):
        store.folder(model)


def test_a_file_on_its_way_makes_a_model_partial(tmp_path, model):
    store = Store(tmp_path)
    partial = store.partial(model, model.files[0])
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"aa")
    assert store.state(model) is State.PARTIAL


def test_a_half_file_is_damage_that_is_seen_at_once(tmp_path, model):
    store = Store(tmp_path)
    put(store, "a.bin", b"aa")
    put(store, "b.bin", b"bb")
    assert store.state(model) is State.DAMAGED
    with pytest.raises(ModelError, match=r"a\.bin is 2 bytes long instead of 4$"):
        store.folder(model)
    assert list(store.damaged(model)) == ["a.bin"]


def test_wrong_bytes_of_the_right_length_are_found_by_reading_them(tmp_path, model):
    store = Store(tmp_path)
    put(store, "a.bin", b"aaXa")
    put(store, "b.bin", b"bb")
    assert store.state(model) is State.INSTALLED
    assert list(store.damaged(model)) == ["a.bin"]
    assert (tmp_path / "m" / "a.bin").read_bytes() == b"aaXa", "looking changes nothing"


def test_removing_a_model_takes_its_half_files_too_and_leaves_the_others(tmp_path, model):
    store = Store(tmp_path)
    put(store, "a.bin", b"aaaa")
    partial = store.partial(model, model.files[1])
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"b")
    other = tmp_path / "other"
    other.mkdir()
    assert store.remove(model) == 5
    assert store.state(model) is State.MISSING
    assert not partial.exists()
    assert other.exists()
    assert store.remove(model) == 0


LOCKER = """
import sys
from pathlib import Path
from edge_agent.supply.store import Store
with Store(Path(sys.argv[1])).locked(0):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_only_one_process_changes_the_store_and_a_killed_one_lets_go(tmp_path):
    store = Store(tmp_path)
    command = [sys.executable, "-c", LOCKER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        told = []
        with pytest.raises(NetworkError, match="another process"), store.locked(0.2, lambda: told.append("waiting")):
            pytest.fail("two processes have the lock")
        assert told == ["waiting"]
        other.kill()
        with store.locked(10):
            pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_store_that_may_not_be_read_is_an_access_error(tmp_path, model):
    (tmp_path / "m").mkdir(mode=0)
    with pytest.raises(AccessError):
        Store(tmp_path).state(model)


def test_a_store_that_can_not_be_made_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Exception, match="Not a directory") as caught, Store(tmp_path / "file" / "models").locked(0):
        pytest.fail("it has no folder")
    assert caught.value.exit_code == 73
