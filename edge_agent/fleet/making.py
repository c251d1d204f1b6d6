"""The commands of `edge-fleet` that make something: a fleet, keys, releases, what is public."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.cli import output
from edge_agent.fleet.given import HERE, Folder, Ops, amount, now, space

if TYPE_CHECKING:
    from edge_agent.fleet.bringing import Place

commands = typer.Typer()
keys_commands = typer.Typer(help="Keys: create, replace, sign with them.", no_args_is_help=True)
release_commands = typer.Typer(help="Releases: build and sign them.", no_args_is_help=True)

Key = Annotated[Path, typer.Option("--key", metavar="PEM", help="The key to sign with.")]


@commands.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")], json: output.Json = False
) -> None:
    """Begin a fleet: its keys, and its root, which devices are given."""
    from edge_agent.fleet import founding, keys

    fleet = space(folder)
    root = founding.found(fleet, now(), keys.passphrase())

    def human() -> None:
        output.line(f"{folder} is a fleet. Devices are given {root}.")
        output.note(f"Carry the root and release keys out of {fleet.keys} to where no network is.")

    output.emit("fleet-init", {"root": str(root), "keys": str(fleet.keys)}, json=json, human=human)


@keys_commands.command()
def create(path: Annotated[Path, typer.Argument(metavar="PEM")], json: output.Json = False) -> None:
    """Make a key; EDGE_FLEET_PASSPHRASE encrypts it."""
    from edge_agent.fleet import keys

    keyid = keys.create(path, keys.passphrase()).public_key.keyid
    data = {"key": str(path), "keyid": keyid}
    output.emit("fleet-key", data, json=json, human=lambda: output.line(f"{path}: {keyid[:8]}"))


@keys_commands.command()
def rotate(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="root, releases, rollout or online.")],
    new: Annotated[Path, typer.Argument(metavar="NEW.pub", help="The new key's public half.")],
    out: Annotated[str, typer.Option(help="The beginning of the old key's id, where there are several.")] = "",
    fleet: Folder = HERE,
    json: output.Json = False,
) -> None:
    """Let a new key stand for an old one: lost, stolen, or of somebody who left."""
    from edge_agent.base.errors import InputError
    from edge_agent.fleet import founding, keys

    if role not in founding.NAMES:
        raise InputError(f"{role} is no role", hint=f"It may be {', '.join(founding.NAMES)}.")
    waits = founding.replace(space(fleet), role, out, keys.load_public(new), now())
    _print_waiting(waits, json=json)


@keys_commands.command()
def renew(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="root, targets or releases.")],
    fleet: Folder = HERE,
    json: output.Json = False,
) -> None:
    """Let a role be signed again as it is, for its signatures grow old."""
    from edge_agent.base.errors import InputError
    from edge_agent.fleet.workspace import OFFLINE

    if role not in OFFLINE:
        raise InputError(f"{role} is not signed offline", hint=f"It may be {', '.join(OFFLINE)}.")
    folder = space(fleet)
    _print_waiting([folder.stage(role, folder.draft(role, now()))], json=json)


@keys_commands.command("sign")
@release_commands.command("sign")
def sign(
    waiting: Annotated[list[Path], typer.Argument(metavar="METADATA", help="Files of the fleet's waiting/.")],
    key: Key,
    json: output.Json = False,
) -> None:
    """Sign waiting metadata. Works where there is nothing but the file and the key; the .sig beside it travels back."""
    from edge_agent.fleet import keys, workspace

    signer = keys.load(key, keys.passphrase())
    made = [str(workspace.sign(path, signer)) for path in waiting]

    def human() -> None:
        for path in made:
            output.line(path)

    output.emit("fleet-signatures", made, json=json, human=human)


@release_commands.command()
def build(
    described: Annotated[Path, typer.Argument(metavar="RELEASE.toml")], fleet: Folder = HERE, json: output.Json = False
) -> None:
    """Build a release from its description: chunks, manifest, and what two release keys must sign."""
    from edge_agent.fleet import releasing

    built = releasing.build(space(fleet), described, now())
    made = built.release
    data = {
        "name": f"{made.name}-{made.version}",
        "sha256": made.sha256,
        "counter": made.counter,
        "bytes": made.size,
        "new_bytes": built.new_bytes,
        "new_chunks": built.new_chunks,
        "waiting": str(built.waiting),
    }

    def human() -> None:
        output.line(f"{data['name']} ({made.sha256[:16]}), {amount(made.size)}, of it new {amount(built.new_bytes)}.")
        output.line(f"Two release keys must sign {built.waiting}.")

    output.emit("fleet-release", data, json=json, human=human)


@commands.command()
def publish(
    to: Annotated[
        str, typer.Argument(metavar="DIR|s3://BUCKET/PREFIX", help="Where to bring it; nowhere: only repo/.")
    ] = "",
    *,
    online: Annotated[
        Path | None, typer.Option(metavar="PEM", help="The online key; keys/online.pem otherwise.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Look for every chunk there, not only for new ones: after a loss.")
    ] = False,
    ops: Ops = None,
    fleet: Folder = HERE,
    json: output.Json = False,
) -> None:
    """Admit what is signed by enough keys, say that it is the newest, and bring it to where devices ask. Run it daily.

    An object store is told who asks by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which one it is by AWS_REGION or
    AWS_ENDPOINT_URL.
    """
    from edge_agent.fleet import keys, publishing

    folder = space(fleet)
    ops_path = ops or folder.keys / "ops.pem"
    done = publishing.publish(
        folder,
        keys.load(online or folder.keys / "online.pem", keys.passphrase()),
        keys.load(ops_path, keys.passphrase()) if ops or ops_path.exists() else None,
        now(),
        _place(to) if to else None,
        again=again,
    )

    def human() -> None:
        signed = f"; newly signed: {', '.join(done.admitted)}" if done.admitted else ""
        output.line(f"{done.files} files, {amount(done.bytes)} written{signed}.")
        for name in done.waiting:
            output.note(f"{name} still waits for signatures.")
        for role in done.expiring:
            how = "name the operations key with --ops" if role == "rollout" else f"`edge-fleet keys renew {role}`"
            output.note(f"{role} expires soon: {how}.")

    output.emit("fleet-publish", asdict(done), json=json, human=human)


def _place(to: str) -> "Place":
    import os

    from edge_agent.base.errors import InputError
    from edge_agent.fleet.bringing import Folder
    from edge_agent.fleet.object_store import ObjectStore

    if to.startswith("s3://"):
        return ObjectStore(to, os.environ)
    if "://" in to:
        raise InputError(f"{to} is neither a folder nor an object store", hint="Write it as DIR or s3://BUCKET/PREFIX.")
    return Folder(Path(to))


def _print_waiting(waits: list[Path], *, json: bool) -> None:
    def human() -> None:
        for path in waits:
            output.line(f"{path} waits for signatures.")

    output.emit("fleet-waiting", [str(path) for path in waits], json=json, human=human)
