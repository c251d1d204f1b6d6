"""Tools of services that are described by an OpenAPI document.

1. Words go to the owner's address, behind TLS or on this machine, and nowhere else: no redirection is followed.
2. A call takes no longer than `timeout_s`, and of an answer no more than `ANSWER_MAX` is read.
3. What a service answers is untrusted text, unless the owner trusts it.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edge_agent.base.credentials import on_this_device, secret
from edge_agent.base.errors import InputError, NetworkError, SettingsError
from edge_agent.base.room import LOCKED
from edge_agent.base.settings_tools import OpenApi
from edge_agent.talk.mind.tools import offered, openapi
from edge_agent.talk.mind.tools.openapi import Operation
from edge_agent.talk.mind.tools.tool import Arguments, Outcome, Risk, Tool

if TYPE_CHECKING:
    import httpx2

DOCUMENT_MAX: Final = 1_000_000
ANSWER_MAX: Final = 256_000
"""Bytes."""


class Services:
    """All of them. To be made on the running loop; nothing is sent before a tool is called. `close` it."""

    def __init__(self, services: Sequence[OpenApi]) -> None:
        """SettingsError or InputError if a document can't be used."""
        self._services = [_Service(service) for service in services]

    def tools(self) -> list[Tool]:
        """Return the tools."""
        return [tool for service in self._services for tool in service.tools]

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(service.close() for service in self._services))


class _Service:
    def __init__(self, service: OpenApi) -> None:
        document = read(service.document)
        self._service = service
        self._url = address(service)
        self._headers = _credentials(service)
        self._http: httpx2.AsyncClient | None = None
        wanted = [each for each in openapi.operations(document) if not service.tools or each.name in service.tools]
        self.tools = tuple(self._tool(operation) for operation in wanted[: offered.TOOLS_MAX])
        if missing := set(service.tools) - {operation.name for operation in wanted}:
            hint = "`tools` names operations by their operationId; what can't be called with JSON can't be named."
            raise SettingsError(f"{service.document} has no operation {min(missing)}", hint=hint)

    async def close(self) -> None:
        if self._http:
            await self._http.aclose()

    def _tool(self, operation: Operation) -> Tool:
        risk = Risk.REVERSIBLE if operation.name in self._service.reversible else Risk.IRREVERSIBLE
        return Tool(
            offered.named(self._service.name, operation.name),
            operation.description,
            operation.schema,
            partial(self._call, operation),
            Risk.READ if operation.method == "get" else risk,
            self._service.timeout_s,
        )

    async def _call(self, operation: Operation, arguments: Arguments) -> Outcome:
        """Call one of its operations. NetworkError if it fails, InputError for arguments that can't be sent."""
        request, name = openapi.request(operation, arguments), self._service.name
        http = await self._client()
        import httpx2

        try:
            async with asyncio.timeout(self._service.timeout_s):
                status, got = await self._send(http, request)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise NetworkError(f"{name} did not answer in time") from error
        except httpx2.HTTPError as error:
            raise NetworkError(f"{name} can't be reached ({type(error).__name__})") from error
        if not 200 <= status < 300:
            raise NetworkError(f"{name} answered HTTP {status}")
        return Outcome(text=offered.cut(_readable(got)), trusted=self._service.trust_results)

    async def _send(self, http: "httpx2.AsyncClient", request: openapi.Request) -> tuple[int, bytes]:
        url, got = self._url + request.path, b""
        body = None if request.body is None else json.dumps(request.body).encode()
        headers = {**request.headers, **({} if body is None else {"Content-Type": "application/json"})}
        async with http.stream(
            request.method, url, params=request.query or None, headers=headers, content=body
        ) as response:
            async for chunk in response.aiter_bytes():
                got += chunk
                if len(got) > ANSWER_MAX:
                    break
            return response.status_code, got[:ANSWER_MAX]

    async def _client(self) -> "httpx2.AsyncClient":
        if self._http is None:
            await asyncio.to_thread(_load)
            import httpx2

            self._http = self._http or httpx2.AsyncClient(
                headers={"Accept": "application/json, text/*;q=0.5", **self._headers},
                timeout=self._service.timeout_s,
                follow_redirects=False,
                trust_env=not on_this_device(self._url),
            )
        return self._http


def read(path: Path) -> Mapping[str, Any]:
    """Return the document at `path`, JSON or YAML. InputError if it is none of OpenAPI 3."""
    import yaml

    try:
        if path.stat().st_size > DOCUMENT_MAX:
            raise InputError(f"{path} is too large", hint=f"An OpenAPI document has at most {DOCUMENT_MAX} bytes here.")
        text = path.read_text(encoding="utf-8")
        document = (
            json.loads(text)
            if path.suffix == ".json"
            else yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        )
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}", hint="tools.openapi names it.") from error
    except (ValueError, yaml.YAMLError) as error:
        raise InputError(f"{path} is neither JSON nor YAML", hint="tools.openapi names it.") from error
    if not isinstance(document, Mapping) or not str(document.get("openapi", "")).startswith("3."):
        raise InputError(f"{path} is no OpenAPI 3 document", hint="Convert it: older ones say `swagger: 2.0`.")
    return document


def address(service: OpenApi) -> str:
    """Return where the service is. SettingsError if words may not be sent there; else as `read`."""
    url = service.base_url or openapi.base_url(read(service.document))
    if not re.match(LOCKED, url):
        hint = "Give base_url: https://…, or http:// on this machine."
        raise SettingsError(f"{service.name} has no address that words may be sent to: {url!r}", hint=hint)
    return url.rstrip("/")


def _credentials(service: OpenApi) -> Mapping[str, str]:
    if service.token_file is None:
        return {}
    token = secret(service.token_file, f"the token of {service.name}")
    return {service.token_header: token} if service.token_header else {"Authorization": f"Bearer {token}"}


def _load() -> None:
    """In a thread: the loop goes on meanwhile."""
    import httpx2  # noqa: F401


def _readable(got: bytes) -> str:
    """Return an answer as text; JSON without its blanks, which cost a model tokens."""
    text = got.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(", ", ": "))
    except ValueError:
        return " ".join(text.split())
