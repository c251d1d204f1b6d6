"""Settings of what the agent can do besides the skills that ship: what there is, and who may have it done."""

from pathlib import Path

from pydantic import Field

from edge_agent.base.room import LOCKED, Room


class McpServer(Room):
    """One MCP server: a program on this device, or an address."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,19}$")
    """How it is called; the names of its tools begin with it."""
    command: str = ""
    """The program to start, which is spoken to over its standard input and output."""
    args: tuple[str, ...] = ()
    """What it is started with."""
    url: str = Field("", pattern=LOCKED)
    """Instead of a program: an address of streamable HTTP; without TLS on this machine only."""
    token_file: Path | None = None
    """The file that holds its token; a relative one lies in `$CREDENTIALS_DIRECTORY`."""
    token_env: str = ""
    """The environment variable in which a program expects the token; an address gets it as a bearer token."""
    tools: tuple[str, ...] = ()
    """Which of its tools are used, by the server's own names; empty for all of them."""
    read: tuple[str, ...] = ()
    """Those of them that change nothing."""
    reversible: tuple[str, ...] = ()
    """Those whose effect can be undone. All others need a spoken yes."""
    trust_hints: bool = False
    """Whether the server is believed where it says itself that a tool only reads."""
    trust_results: bool = False
    """Whether its answers count as the owner's own words. Otherwise nothing irreversible is done in a turn that holds
    one."""
    timeout_s: float = Field(5.0, gt=0, le=60)
    """Longest call, s."""


class OpenApi(Room):
    """One OpenAPI document, and the service that it describes."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,19}$")
    """How it is called; the names of its tools begin with it."""
    document: Path
    """The document, JSON or YAML."""
    base_url: str = Field("", pattern=LOCKED)
    """Where the service is; empty takes the document's first server. Without TLS on this machine only."""
    token_file: Path | None = None
    """The file that holds its token; a relative one lies in `$CREDENTIALS_DIRECTORY`."""
    token_header: str = Field("", pattern=r"^[A-Za-z0-9-]*$")
    """The header in which the service expects the token; empty for a bearer token."""
    tools: tuple[str, ...] = ()
    """Which of its operations are used, by their `operationId`; empty for all of them."""
    reversible: tuple[str, ...] = ()
    """Operations whose effect can be undone. GET only reads; all others need a spoken yes."""
    trust_results: bool = False
    """Whether its answers count as the owner's own words. Otherwise nothing irreversible is done in a turn that holds
    one."""
    timeout_s: float = Field(5.0, gt=0, le=60)
    """Longest call, s."""


class ToolSources(Room):
    """Where tools come from, besides the skills: nothing is started or sent to before one is named here."""

    mcp: tuple[McpServer, ...] = ()
    """MCP servers, as programs or addresses: see tools.md."""
    openapi: tuple[OpenApi, ...] = ()
    """Services with an OpenAPI document: see tools.md."""


class ToolSettings(ToolSources):
    """What it can do besides the skills that ship, and who may have it done."""

    folders: tuple[Path, ...] = ()
    """Folders with skills of your own, whose code is run: see skills.md."""
    device: tuple[str, ...] = ()
    """Tools that the language model on this device may call, by name; `*` for all. Sentences need no leave."""
    cloud: tuple[str, ...] = ()
    """Tools that a cloud model may call, but for irreversible ones; what they do and what they answer leaves the
    device."""
    confirm_s: float = Field(20.0, ge=2, le=120)
    """How long a yes counts after the question whether something irreversible is to be done, s."""
    calls_per_turn: int = Field(4, ge=1, le=20)
    """Calls at most in one turn."""
    calls_per_minute: int = Field(30, ge=1, le=1000)
    """Calls at most in a minute, of all tools together."""
