"""Who may speak for which target: order, ends, circles, paths, and names that are no names for files."""

from urllib.parse import quote

import pytest

ABSENT = "files/absent"
"""A target that nobody has: looking for it visits whoever might."""


def visited(repository, role_names):
    """Return the delegated roles in the order in which they were asked for."""
    names = [quote(name, "") for name in role_names]
    roles = [address.split(".", 1)[1].removesuffix(".json") for address in repository.asked if "metadata/1." in address]
    return [role for role in roles if role in names]


GRAPHS = {
    "none": ([], []),
    "one": ([("targets", "A", "*/*", False)], ["A"]),
    "in order of their standing": (
        [("targets", "A", "*/*", False), ("A", "C", "*/*", False), ("targets", "B", "*/*", False)],
        ["A", "C", "B"],
    ),
    "none after the end": ([("targets", "A", "*/*", True), ("targets", "B", "*/*", False)], ["A"]),
    "an end further down": (
        [
            ("targets", "A", "*/*", False),
            ("A", "C", "*/*", True),
            ("A", "D", "*/*", False),
            ("targets", "B", "*/*", False),
        ],
        ["A", "C"],
    ),
    "a circle": ([("targets", "A", "*/*", False), ("A", "B", "*/*", False), ("B", "A", "*/*", False)], ["A", "B"]),
    "itself": ([("targets", "A", "*/*", False), ("A", "A", "*/*", False)], ["A"]),
    "no other paths": ([("targets", "A", "other/*", False), ("targets", "B", "files/*", False)], ["B"]),
    "a star stays in its folder": ([("targets", "A", "*", False), ("targets", "B", "files/?bsent", False)], ["B"]),
    "an end that does not match": ([("targets", "A", "other/*", True), ("targets", "B", "*/*", False)], ["B"]),
}


@pytest.mark.parametrize("case", GRAPHS)
def test_roles_are_asked_in_order(client, repository, case):
    edges, expected = GRAPHS[case]
    names = []
    for by, name, path, terminating in edges:
        repository.delegate(name, [path], by, terminating=terminating)
        names.append(name)
    new = list(dict.fromkeys(names))
    repository.publish(*new, bump=False)
    repository.release("targets")
    assert client.download(ABSENT) == 1
    assert visited(repository, names) == expected


def test_a_delegated_role_vouches_for_its_files(client, repository):
    repository.delegate("A", ["files/*"])
    repository.add_target("files/one", b"content", "A")
    repository.publish("A", bump=False)
    repository.release("targets")
    assert client.download("files/one") == 0
    assert client.has() == {"files%2Fone": b"content"}


def test_a_delegated_role_can_not_vouch_for_others(client, repository):
    repository.delegate("A", ["files/*"])
    repository.add_target("other/one", b"content", "A")
    repository.publish("A", bump=False)
    repository.release("targets")
    assert client.download("other/one") == 1


def test_a_role_that_two_delegate_to_is_verified_for_each(client, repository):
    repository.delegate("A", ["*/*"])
    repository.delegate("B", ["*/*"])
    repository.delegate("C", ["*/*"], "A")
    repository.delegate("C", ["files/*"], "B")
    # A names another key for C than the one that signs: by way of A nothing of C is to be believed.
    wrong = repository.new_key()
    repository.roles["A"].signed.delegations.roles["C"].keyids.clear()
    repository.roles["A"].signed.add_key(wrong.public_key, "C")
    repository.add_target("files/one", b"content", "C")
    repository.publish("A", "B", "C", bump=False)
    repository.release("targets")
    assert client.download("files/one") == 1
    assert client.has() == {}


def test_a_delegated_role_that_has_expired_is_refused(client, repository):
    role = repository.delegate("A", ["files/*"])
    repository.add_target("files/one", b"content", "A")
    role.expires = repository.expires.replace(year=2020)
    repository.publish("A", bump=False)
    repository.release("targets")
    assert client.download("files/one") == 1


def test_there_is_an_end_to_how_many_are_asked(client, repository):
    names = [f"R{number}" for number in range(40)]
    for name in names:
        repository.delegate(name, ["*/*"])
    repository.publish(*names, bump=False)
    repository.release("targets")
    assert client.download(ABSENT) == 1
    assert len(visited(repository, names)) <= 32


@pytest.mark.parametrize("name", ["?", "#", "/role", "../role", "a b", "ü", "%2F", "."])
def test_a_role_with_an_unusual_name_is_asked_for_and_kept_quoted(client, repository, name):
    repository.delegate(name, ["*/*"])
    repository.publish(name, bump=False)
    repository.release("targets")
    assert client.download(ABSENT) == 1
    assert f"metadata/1.{quote(name, '')}.json" in repository.asked
    assert len(client.trusts()) == 5
    assert sorted(path.name for path in client.folder.iterdir()) == ["initial.json", "metadata", "targets"]
