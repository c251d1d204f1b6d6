"""The public conformance suite's cases, under its names: files, whoever vouches for them, and names that are odd."""

from urllib.parse import quote

import pytest
from tuf.api.metadata import TargetFile


def downloads(repository):
    return [address for address in repository.asked if address.startswith("targets/")]


@pytest.mark.parametrize("path", ["target_file.txt", "path/to/a/target_file.txt"], ids=["plain", "in_sub_dir"])
def test_client_downloads_expected_file(client, repository, path):
    repository.add_target(path, b"target file contents")
    repository.release("targets")
    assert client.refresh() == 0
    assert client.has() == {}
    assert client.download(path) == 0
    assert list(client.has().values()) == [b"target file contents"]


def test_repository_substitutes_target_file(client, repository):
    one, other = (repository.add_target(name, name.encode()) for name in ("one", "other"))
    repository.release("targets")
    assert client.download("one") == 0
    for target in (one, other):
        repository.put(target, b"malicious data - should not download")
    client.download("one")  # May succeed, for it is there already.
    assert client.has() == {"one": b"one"}
    assert client.download("other") == 1
    assert client.has() == {"one": b"one"}


def test_multiple_changes_to_target(client, repository):
    repository.add_target("file", b"at first")
    repository.release("targets")
    assert client.download("file") == 0
    has = {"file": b"at first"}
    for number in range(11):
        target = repository.add_target("file", f"modified {number}".encode())
        repository.add_target(f"new-{number}", f"new {number}".encode())
        repository.release("targets")
        if number % 5:
            continue  # The client sees every fifth only.
        assert client.download("file") == 0
        assert client.download(f"new-{number}") == 0
        has |= {"file": f"modified {number}".encode(), f"new-{number}": f"new {number}".encode()}
        assert client.has() == has
        repository.put(target, b"malicious")
        repository.release("targets")
        client.download("file")
        assert client.has() == has


@pytest.mark.parametrize("hashes", [["sha256"], ["sha512"], ["sha256", "sha512"]], ids="+".join)
def test_download_with_hash_algorithms(client, repository, hashes):
    target = TargetFile.from_data("file", b"contents", hashes)
    repository.targets.targets["file"] = target
    for value in target.hashes.values():
        repository.public[f"targets/{value}.file"] = b"contents"
    repository.release("targets")
    assert client.download("file") == 0
    assert len(downloads(repository)) == 1
    assert client.has() == {"file": b"contents"}


def test_download_with_unknown_hash_algorithm(client, repository):
    target = TargetFile.from_data("file", b"contents", ["sha512"])
    target.hashes = {"unknown-hash": target.hashes["sha512"]}
    repository.targets.targets["file"] = target
    repository.public[f"targets/{target.hashes['unknown-hash']}.file"] = b"contents"
    repository.release("targets")
    assert client.download("file") == 1
    assert client.has() == {}


def test_artifact_cache(client, repository):
    repository.add_target("file", b"contents")
    repository.release("targets")
    assert client.download("file") == 0
    assert client.download("file") == 0
    assert len(downloads(repository)) == 1


# Who delegates to whom, for which paths ("*" where none are named), and whether the search ends there; then the order
# in which roles are asked for a path that nobody has.
GRAPHS = {
    "basic-delegation": (["targets A"], "A"),
    "single-level-delegations": (["targets A", "targets B"], "AB"),
    "two-level-delegations": (["targets A", "targets B", "B C"], "ABC"),
    "two-level-test-DFS-order-of-traversal": (["targets A", "targets B", "A C", "A D"], "ACDB"),
    "three-level-delegation-test-DFS-order-of-traversal": (["targets A", "targets B", "A C", "C D"], "ACDB"),
    "two-level-terminating-ignores-all-but-roles-descendants": (["targets A", "targets B", "A C end", "A D"], "AC"),
    "three-level-terminating-ignores-all-but-roles-descendants": (["targets A", "targets B", "A C end", "C D"], "ACD"),
    "two-level-ignores-all-branches-not-matching-paths": (["targets A *.py", "targets B", "A C"], "B"),
    "three-level-ignores-all-branches-not-matching-paths": (["targets A", "targets B", "A C *.py", "C D"], "AB"),
    "cyclic-graph": (["targets A", "targets B", "B C", "C D", "D B"], "ABCD"),
    "two-roles-delegating-to-a-third": (["targets A", "targets B", "B C", "A C"], "ACB"),
    "two-roles-delegating-to-a-third-different-paths": (["targets A", "targets B", "B C", "A C *.py"], "ABC"),
}


@pytest.mark.parametrize("case", GRAPHS)
def test_graph_traversal(client, repository, case):
    edges, order = GRAPHS[case]
    for edge in edges:
        by, name, *more = edge.split()
        paths = [word for word in more if word != "end"] or ["*"]
        repository.delegate(name, paths, by, terminating="end" in more)
    repository.publish(*sorted(repository.roles.keys() - {"root", "timestamp", "snapshot", "targets"}), bump=False)
    repository.release("targets")
    assert client.download("missingpath") == 1
    assert repository.questions()[4:] == [(role, 1) for role in order]


SEARCHES = {
    "no delegations": ("targetfile", True, ""),
    "targetpath matches wildcard": ("README.md", True, "A"),
    "targetpath with separators x": ("releases/x/x_v1", True, "BC"),
    "targetpath with separators y": ("releases/y/y_v1.zip", True, "BD"),
    "targetpath is not delegated by all roles in the chain": ("releases/z/z_v1.zip", False, "B"),
    "wildcard does not match path separator": ("releases/README.md", False, ""),
    "targetpath matches question mark wildcard": ("foo-1.tgz", True, "A"),
    "targetpath does not match question mark wildcard": ("foo-alpha.tgz", False, ""),
    "targetpath matching is case sensitive": ("README.MD", False, ""),
}


@pytest.mark.parametrize("case", SEARCHES)
def test_targetfile_search(client, repository, case):
    path, found, order = SEARCHES[case]
    repository.delegate("A", ["*.doc", "*.md", "foo-?.tgz"])
    repository.delegate("B", ["releases/*/*"])
    repository.delegate("C", ["releases/x/*"], "B")
    repository.delegate("D", ["releases/y/*.zip"], "B")
    files = {
        "targets": ["targetfile"],
        "A": ["README.md", "releases/README.md", "foo-1.tgz", "foo-alpha.tgz"],
        "C": ["releases/x/x_v1"],
        "D": ["releases/y/y_v1.zip", "releases/z/z_v1.zip"],
    }
    for role, name in ((role, name) for role, names in files.items() for name in names):
        repository.add_target(name, f"{name} by {role}".encode(), role)
    repository.publish(*"ABCD", bump=False)
    repository.release("targets")
    assert client.download(path) == (0 if found else 1)
    assert [data.decode().split(" by ")[0] for data in client.has().values()] == ([path] if found else [])
    assert repository.questions()[4:] == [(role, 1) for role in order]


@pytest.mark.parametrize("name", ["?", "#", "/delegatedrole", "../delegatedrole"])
def test_unusual_role_name(client, repository, name):
    repository.delegate(name, ["*"])
    repository.publish(name, bump=False)
    repository.release("targets")
    assert client.download("nonexistent target") == 1
    assert (quote(name, ""), 1) in repository.questions()
    assert len(client.trusts()) == 5


def test_cached_role_is_verified_against_current_delegator(client, repository):
    # What A's key for C vouches for is not believed by way of B, which names another key, though C was verified before.
    repository.delegate("A", ["a/*"])
    repository.delegate("B", ["b/*"])
    repository.delegate("C", ["a/*"], "A")
    repository.delegate("C", ["b/*"], "B")
    repository.roles["B"].signed.delegations.roles["C"].keyids.clear()
    repository.roles["B"].signed.add_key(repository.new_key().public_key, "C")
    for name in ("a/file", "b/file"):
        repository.add_target(name, name.encode(), "C")
    repository.publish(*"ABC", bump=False)
    repository.release("targets")
    assert client.download("a/file", "b/file") == 1
    assert list(client.has().values()) == [b"a/file"]


def test_delegation_not_in_snapshot(client, repository):
    repository.delegate("A", ["a/*"])
    repository.publish("A", "targets", bump=False)
    del repository.snapshot.meta["A.json"]
    repository.release("targets")
    assert client.refresh() == 0
    repository.asked.clear()
    assert client.download("a/file") == 1
    assert "A" not in client.trusts()
    assert repository.questions() == [("root", 2), ("timestamp", None)]
