"""What a pull promises: whole files under their names, the hash decides, and the owner's places come first."""

import pytest

from edge_agent.base.errors import InputError, NetworkError
from edge_agent.supply import fetch


def test_many_files_of_many_models_arrive_whole(shelf, server, store):
    table = shelf.table()
    for name, count in (("one", 3), ("two", 2)):
        files = {f"{number}.bin": shelf.bytes(200_000 + number, number) for number in range(count)}
        for file, data in files.items():
            server.serve(f"/{name}/{file}", data)
        table["models"][name] = shelf.model(files, shelf.https(server, under=name))
    wanted = shelf.models(table)
    pulled = fetch.pull(store, wanted)
    assert len(pulled.fetched) == 5
    assert all(store.damaged(model) == {} for model in wanted)
    assert shelf.names_below(store.root) == ["one/0.bin", "one/1.bin", "one/2.bin", "two/0.bin", "two/1.bin"]


def test_what_is_here_is_kept_and_nobody_is_asked(shelf, server, store):
    page, wanted = shelf.one_file(server, b"data" * 1000)
    fetch.pull(store, wanted)
    again = fetch.pull(store, wanted)
    assert again.fetched == ()
    assert again.kept == ("m/a.bin",)
    assert page.asked == [0]


@pytest.mark.parametrize("damage", [b"dat", b"Data" * 1000, b""])
def test_a_damaged_file_is_named_and_fetched_again(shelf, server, store, damage):
    _, wanted = shelf.one_file(server, b"data" * 1000)
    fetch.pull(store, wanted)
    (store.root / "m" / "a.bin").write_bytes(damage)
    notes = []
    pulled = fetch.pull(store, wanted, on_note=notes.append)
    assert pulled.mended == ("m/a.bin",)
    assert notes == ["m/a.bin is damaged and will be fetched again"]
    assert store.damaged(wanted[0]) == {}


def test_a_damaged_file_loses_its_name_even_if_nobody_can_replace_it(shelf, server, store):
    page, wanted = shelf.one_file(server, b"data" * 1000, statuses=[404])
    (store.root / "m").mkdir(parents=True)
    (store.root / "m" / "a.bin").write_bytes(b"Data" * 1000)
    with pytest.raises(NetworkError):
        fetch.pull(store, wanted)
    assert page.asked == [0]
    assert not (store.root / "m" / "a.bin").exists()


def test_progress_counts_verified_bytes_and_never_goes_back(shelf, server, store):
    good, bad = shelf.bytes(300_000), shelf.bytes(300_000, 1)
    server.serve("/m/a.bin", good, breaks_after=100_000, breaks=1)
    server.serve("/m/b.bin", bad[::-1])
    server.serve("/second/b.bin", bad)
    sources = (shelf.https(server), shelf.https(server, under="second"))
    seen = []
    fetch.pull(
        store,
        shelf.models(shelf.table(m=shelf.model({"a.bin": good, "b.bin": bad}, *sources))),
        on_progress=seen.append,
    )
    verified = [now.verified_bytes for now in seen]
    assert verified == sorted(verified)
    assert set(verified) == {0, 300_000, 600_000}
    assert {now.total_bytes for now in seen} == {600_000}
    assert any(dict(now.arriving).get("m/a.bin", 0) >= 100_000 for now in seen)


# The hash decides.


def test_wrong_bytes_never_get_a_name(shelf, server, store):
    data = shelf.bytes(100_000)
    server.serve("/m/a.bin", data[:-1] + bytes([data[-1] ^ 1]))
    wanted = shelf.models(shelf.table(m=shelf.model({"a.bin": data}, shelf.https(server))))
    with pytest.raises(NetworkError, match="has other bytes than the catalogue says"):
        fetch.pull(store, wanted)
    assert shelf.names_below(store.root) == []
    assert server.pages["/m/a.bin"].asked == [0], "the same bytes are not fetched twice"


def test_wrong_bytes_send_us_to_the_next_source(shelf, server, store, tmp_path):
    data = shelf.bytes(1000)
    server.serve("/m/a.bin", data[::-1])
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "a.bin").write_bytes(data)
    folder = {"kind": "folder", "at": str(tmp_path / "stick")}
    wanted = shelf.models(shelf.table(m=shelf.model({"a.bin": data}, shelf.https(server), folder)))
    fetch.pull(store, wanted)
    assert store.damaged(wanted[0]) == {}


def test_a_half_file_with_wrong_bytes_does_not_spoil_a_good_source(shelf, server, store):
    data = shelf.bytes(100_000)
    page, wanted = shelf.one_file(server, data)
    partial = store.partial(wanted[0], wanted[0].files[0])
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"x" * 40_000)
    fetch.pull(store, wanted)
    assert page.asked == [40_000, 0]
    assert store.damaged(wanted[0]) == {}


def test_a_half_file_that_is_too_long_does_not_spoil_a_good_source(shelf, server, store):
    page, wanted = shelf.one_file(server, b"data")
    partial = store.partial(wanted[0], wanted[0].files[0])
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"data and more")
    fetch.pull(store, wanted)
    assert page.asked == [0]
    assert (store.root / "m" / "a.bin").read_bytes() == b"data"


def test_every_failure_is_in_the_final_error_and_the_other_files_still_arrive(shelf, server, store, tmp_path):
    server.serve("/m/a.bin", b"good")
    sources = (shelf.https(server), {"kind": "folder", "at": str(tmp_path / "none")})
    wanted = shelf.models(shelf.table(m=shelf.model({"a.bin": b"good", "b.bin": b"gone"}, *sources)))
    with pytest.raises(NetworkError) as caught:
        fetch.pull(store, wanted)
    assert "404" in str(caught.value)
    assert f"{tmp_path}/none/b.bin: No such file or directory" in str(caught.value)
    assert "a.bin" not in str(caught.value)
    assert (store.root / "m" / "a.bin").read_bytes() == b"good"


def test_a_model_without_a_source_says_so(shelf, store):
    with pytest.raises(NetworkError, match="it has no source"):
        fetch.pull(store, shelf.models(shelf.table(m=shelf.model({"a.bin": b"a"}))))


# The owner's own places.


def test_the_owners_folder_is_asked_before_the_catalogue(shelf, server, store, tmp_path):
    page, wanted = shelf.one_file(server, b"data")
    (tmp_path / "stick" / "m").mkdir(parents=True)
    (tmp_path / "stick" / "m" / "a.bin").write_bytes(b"data")
    fetch.pull(store, wanted, first=[str(tmp_path / "stick")])
    assert store.damaged(wanted[0]) == {}
    assert page.asked == []


def test_the_owners_server_is_asked_before_the_catalogue(shelf, server, store):
    server.serve("/mirror/m/a.bin", b"data")
    wanted = shelf.models(shelf.table(m=shelf.model({"a.bin": b"data"}, shelf.https(server, under="not-there"))))
    fetch.pull(store, wanted, first=[f"{server.address}/mirror/"])
    assert store.damaged(wanted[0]) == {}


def test_a_file_may_be_half_in_one_place_and_whole_in_another(shelf, server, store, tmp_path):
    data = shelf.bytes(1000)
    (tmp_path / "stick" / "m").mkdir(parents=True)
    (tmp_path / "stick" / "m" / "a.bin").write_bytes(data[:600])
    page, wanted = shelf.one_file(server, data)
    fetch.pull(store, wanted, first=[str(tmp_path / "stick")])
    assert page.asked == [600]
    assert store.damaged(wanted[0]) == {}


def test_a_folder_goes_on_where_another_ended(shelf, store, tmp_path):
    data = shelf.bytes(3_000_000)
    for place, part in (("half", data[:2_500_000]), ("whole", data)):
        (tmp_path / place / "m").mkdir(parents=True)
        (tmp_path / place / "m" / "a.bin").write_bytes(part)
    wanted = shelf.models(shelf.table(m=shelf.model({"a.bin": data})))
    held = []
    fetch.pull(
        store,
        wanted,
        first=[str(tmp_path / "half"), str(tmp_path / "whole")],
        on_progress=lambda now: held.extend(size for _, size in now.arriving),
    )
    assert held == sorted(held), "it never began anew"
    assert store.damaged(wanted[0]) == {}


def test_an_address_that_is_not_safe_is_refused(shelf, store):
    with pytest.raises(InputError, match="not an https address"):
        fetch.pull(store, shelf.models(shelf.table(m=shelf.model({"a.bin": b"a"}))), first=["http://example.org"])


def test_a_joined_file_goes_on_in_its_second_part(shelf, server, store):
    one, two = shelf.bytes(50_000), shelf.bytes(70_000, 1)
    first, second = server.serve("/1", one), server.serve("/x/2", two, statuses=[404])
    joined = {"a.bin": [{"path": "1", "size": len(one)}, {"path": "2", "size": len(two), "at": f"{server.address}/x"}]}
    wanted = shelf.models(shelf.table(m=shelf.model({"a.bin": one + two}, shelf.https(server, joined=joined))))
    with pytest.raises(NetworkError, match="404"):
        fetch.pull(store, wanted)
    fetch.pull(store, wanted)
    assert store.damaged(wanted[0]) == {}
    assert first.asked == [0]
    assert second.asked == [0, 0]
