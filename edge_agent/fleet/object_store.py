"""An object store as a place for a repository: `s3://BUCKET/PREFIX`, on AWS or wherever AWS_ENDPOINT_URL says.

1. Who asks stands in the environment, under the names that other tools use. Nothing is read from anywhere else, and no
   secret is sent, printed or stored.
2. The hash of what is sent is signed, so that the store refuses what was changed on the way.
3. A store that is busy, or does not answer, is asked again at growing intervals, a few times.
4. Objects are given their lifetime for caches: for ever, but timestamp.json for a minute.
"""

import hashlib
import random
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

import httpx

from edge_agent.base.errors import AccessError, EdgeAgentError, InputError, NetworkError
from edge_agent.fleet.bringing import TIMESTAMP
from edge_agent.fleet.sigv4 import Credentials, escaped, signed

REGION = "us-east-1"
"""Where the environment names none; stores that are not AWS mostly don't care."""
FOR_EVER, A_MINUTE = "public, max-age=31536000, immutable", "public, max-age=60"
TRIES = 5
BUSY = (408, 429, 500, 502, 503, 504)
_FIRST_WAIT_S = 0.5
_TIMEOUT_S = 60.0
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_WHAT_TO_DO = {
    "AccessDenied": "The key needs s3:PutObject, s3:GetObject and s3:ListBucket on the bucket.",
    "AuthorizationHeaderMalformed": "Set AWS_REGION to the bucket's.",
    "InvalidAccessKeyId": "Is AWS_ACCESS_KEY_ID of this store?",
    "PermanentRedirect": "Set AWS_REGION to the bucket's.",
    "RequestTimeTooSkewed": "Set this machine's clock.",
    "SignatureDoesNotMatch": "Look at AWS_SECRET_ACCESS_KEY.",
}


class ObjectStore:
    """One bucket, or what is below a prefix of it; may be used by several threads. `url` is where the bucket is."""

    def __init__(
        self, address: str, environment: Mapping[str, str], wait: Callable[[float], object] = time.sleep
    ) -> None:
        parts = urlsplit(address)
        if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.query or parts.fragment:
            raise InputError(f"{address} is no object store", hint="Write it as s3://BUCKET or s3://BUCKET/PREFIX.")
        self._by = _credentials(environment)
        self._wait = wait
        self._prefix = parts.path.strip("/") + "/" if parts.path.strip("/") else ""
        endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
        if endpoint or "." in parts.netloc:  # no certificate is for a name in a name
            endpoint = endpoint or f"https://s3.{self._by.region}.amazonaws.com"
            self.url = f"{endpoint.rstrip('/')}/{parts.netloc}"
        else:
            self.url = f"https://{parts.netloc}.s3.{self._by.region}.amazonaws.com"
        self._client = httpx.Client(timeout=_TIMEOUT_S, headers={"user-agent": "edge-fleet"})

    def listed(self, folder: str) -> Mapping[str, int]:
        """As in `Place`: a request for each thousand names."""
        found: dict[str, int] = {}
        asked = {"list-type": "2", "prefix": f"{self._prefix}{folder}/"}
        while True:
            page = _page(self._ask("GET", f"/?{urlencode(asked, quote_via=quote)}").content)
            for entry in page.iterfind("{*}Contents"):
                name = entry.findtext("{*}Key", "").removeprefix(self._prefix)
                found[name] = int(entry.findtext("{*}Size", "-1"))
            if not (token := page.findtext("{*}NextContinuationToken")):
                return found
            asked["continuation-token"] = token

    def size(self, name: str) -> int | None:
        """As in `Place`."""
        answer = self._ask("HEAD", self._path(name), allowed=(404,))
        return None if answer.status_code == 404 else int(answer.headers.get("content-length", "-1"))

    def put(self, name: str, data: bytes) -> None:
        """As in `Place`."""
        kind = "application/json" if name.endswith(".json") else "application/octet-stream"
        kept = A_MINUTE if name == TIMESTAMP else FOR_EVER
        self._ask("PUT", self._path(name), data, {"content-type": kind, "cache-control": kept})

    def _path(self, name: str) -> str:
        return f"/{escaped(self._prefix + name)}"

    def _ask(
        self,
        method: str,
        path: str,
        data: bytes = b"",
        headers: Mapping[str, str] | None = None,
        allowed: tuple[int, ...] = (),
    ) -> httpx.Response:
        """Ask until there is an answer; the error says why there is none, or what it says."""
        url, digest = self.url + path, hashlib.sha256(data).hexdigest()
        answer, why = None, ""
        for tried in range(TRIES):
            if tried:
                self._wait(_FIRST_WAIT_S * 2**tried * random.uniform(0.5, 1))
            proved = signed(method, url, headers or {}, digest, by=self._by, now=datetime.now(UTC))
            try:
                answer = self._client.request(method, url, content=data, headers=proved)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                answer, why = None, str(error) or type(error).__name__
                continue
            if answer.status_code not in BUSY:
                break
        if answer is None:
            raise NetworkError(f"{self.url} does not answer: {why}", hint="Publish again: what is there is kept.")
        if not answer.is_success and answer.status_code not in allowed:
            raise _refused(self.url, answer)
        return answer


def _credentials(environment: Mapping[str, str]) -> Credentials:
    key_id, secret = environment.get("AWS_ACCESS_KEY_ID", ""), environment.get("AWS_SECRET_ACCESS_KEY", "")
    if not (key_id and secret):
        hint = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_REGION, AWS_ENDPOINT_URL where it isn't AWS)."
        raise AccessError("an object store wants to know who writes to it", hint=hint)
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or REGION
    return Credentials(key_id, secret, region, environment.get("AWS_SESSION_TOKEN", ""))


def _page(data: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise NetworkError(f"what answers is no object store: {error}", hint="Look at AWS_ENDPOINT_URL.") from error


def _refused(url: str, answer: httpx.Response) -> EdgeAgentError:
    said = {name: found[1] for name in ("Code", "Message") if (found := re.search(rf"<{name}>([^<]*)<", answer.text))}
    code = said.get("Code", "AccessDenied" if answer.status_code == 403 else "")
    told = f"{url} answers {answer.status_code} {code} {said.get('Message', '')}".rstrip()
    if answer.status_code in BUSY:
        return NetworkError(told, hint="Publish again later: what is there is kept.")
    if answer.status_code == 404:
        return InputError(told, hint="Is there such a bucket? Make it with the store's own tools.")
    return AccessError(told, hint=_WHAT_TO_DO.get(code, ""))
