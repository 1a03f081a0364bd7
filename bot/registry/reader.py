"""Reads tags, digests, manifests and blobs of a registry, as the OCI distribution specification has
them (opencontainers/distribution-spec)."""

from __future__ import annotations

import hashlib
import json
import re
import time
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from bot.errors import ImageNotFoundError, RegistryDeniedError, RegistryUnavailableError
from bot.model import Image
from bot.model.registry_login import LoginSource
from bot.registry.transport import NoReplyError, RegistryReply, RegistryTransport

DOCKER_HUB, DOCKER_HUB_API = "docker.io", "registry-1.docker.io"
_HUB_NAMES = ("", DOCKER_HUB, "index.docker.io")
PAGE_TAGS = 1000
MOST_PAGES = 10
"""Of a list of tags: what comes after ten thousand is not looked at."""
MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_TOKEN_SECONDS = 60.0
"""What a token is good for where the registry does not say (its specification)."""
_MOST_TOKENS = 200
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PARAMETER = re.compile(r'([a-z_]{1,20})="([^"]{0,500})"')
_NEXT = re.compile(r'<([^>]{1,2000})>\s{0,5};\s{0,5}rel="?next"?')


@dataclass(frozen=True, slots=True)
class Login:
    """A user of a registry, and the password or token."""

    username: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The value of the `Authorization` header."""
        return "Basic " + b64encode(f"{self.username}:{self.password}".encode()).decode()


def nobody(host: str) -> Login | None:
    """Who reads without credentials."""
    del host
    return None


@dataclass(frozen=True)
class RegistryReader:
    """Asks registries. `login` are the credentials for a host, None for none; `plain_http` says
    whether a host speaks HTTP without TLS; `source` where its credentials come from.

    What it raises: ImageNotFoundError, RegistryDeniedError, RegistryUnavailableError.
    """

    transport: RegistryTransport
    login: Callable[[str], Login | None] = nobody
    plain_http: Callable[[str], bool] = lambda _: False
    source: Callable[[str], LoginSource] = LoginSource
    monotonic: Callable[[], float] = time.monotonic
    _tokens: OrderedDict[tuple[str, str], tuple[str, float]] = field(default_factory=OrderedDict)

    def tags(self, image: Image) -> tuple[str, ...]:
        """The tags of the image's repository, `MOST_PAGES` pages at most."""
        tags: list[str] = []
        path = f"tags/list?n={PAGE_TAGS}"
        for _ in range(MOST_PAGES):
            reply = self._read(image, "GET", path, "application/json")
            tags += _tags_of(image, reply)
            following = _NEXT.search(reply.headers.get("link", ""))
            if not following:
                break
            # Only the question is taken over: the registry does not send the bot elsewhere.
            path = f"tags/list?{urlsplit(following[1]).query}"
        return tuple(tags)

    def digest(self, image: Image) -> str:
        """The digest of the image's tag, without its manifest where the registry says it alone."""
        path = f"manifests/{image.tag or 'latest'}"
        reply = self._read(image, "HEAD", path, MANIFESTS)
        said = reply.headers.get("docker-content-digest", "")
        if DIGEST.fullmatch(said):
            return said
        return _sha256(self._read(image, "GET", path, MANIFESTS).body)

    def manifest(self, image: Image, reference: str) -> Mapping[str, Any]:
        """The manifest of a tag or digest in the image's repository."""
        return _object(image, self._read(image, "GET", f"manifests/{reference}", MANIFESTS).body)

    def blob(self, image: Image, digest: str) -> bytes:
        """The blob of this digest (`sha256:…`) in the image's repository, compared with it."""
        body = self._read(image, "GET", f"blobs/{digest}", "*/*").body
        if _sha256(body) != digest:
            raise RegistryUnavailableError(image, "a blob is not what its digest says")
        return body

    # ---- parts

    def _read(self, image: Image, method: str, path: str, accept: str) -> RegistryReply:
        host, repository = address(image)
        url = f"{self._scheme(image)}://{host}/v2/{repository}/{path}"
        headers = {"Accept": accept}
        token = self._token(host, repository)
        reply = self._send(image, method, url, {**headers, **token})
        if reply.status == 401:
            granted = self._authorized(image, reply.headers.get("www-authenticate", ""))
            if granted:
                reply = self._send(image, method, url, {**headers, "Authorization": granted})
        return _accepted(image, reply, self.source(host_of(image)))

    def _send(
        self, image: Image, method: str, url: str, headers: Mapping[str, str]
    ) -> RegistryReply:
        try:
            return self.transport.send(method, url, headers)
        except NoReplyError as error:
            raise RegistryUnavailableError(image, str(error)) from None

    def _scheme(self, image: Image) -> str:
        return "http" if self.plain_http(host_of(image)) else "https"

    def _token(self, host: str, repository: str) -> Mapping[str, str]:
        value, until = self._tokens.get((host, repository), ("", 0.0))
        return {"Authorization": value} if self.monotonic() < until else {}

    def _authorized(self, image: Image, challenge: str) -> str:
        """The header that the registry's challenge asks for; empty where there is none."""
        login = self.login(host_of(image))
        if challenge[:6].lower() == "basic ":
            return login.basic if login else ""
        given = dict(_PARAMETER.findall(challenge[:4000]))
        realm = given.get("realm", "")
        if challenge[:7].lower() != "bearer " or not self._may_ask(image, realm):
            return ""
        host, repository = address(image)
        scope = {"service": given.get("service", ""), "scope": f"repository:{repository}:pull"}
        url = urljoin(realm, f"?{urlencode(scope)}")
        reply = self._send(image, "GET", url, {"Authorization": login.basic} if login else {})
        answer = _object(image, _accepted(image, reply, self.source(host_of(image))).body)
        token = str(answer.get("token") or answer.get("access_token") or "")
        seconds = answer.get("expires_in")
        # A little less, so that none ends on its way.
        lasts = float(seconds) * 0.9 if isinstance(seconds, int | float) else _TOKEN_SECONDS
        self._remember((host, repository), f"Bearer {token}", lasts)
        return f"Bearer {token}" if token else ""

    def _may_ask(self, image: Image, realm: str) -> bool:
        """Whether tokens are fetched there: never in clear for a registry that speaks TLS."""
        scheme = urlsplit(realm).scheme
        return scheme == "https" or (scheme == "http" and self._scheme(image) == "http")

    def _remember(self, key: tuple[str, str], value: str, seconds: float) -> None:
        self._tokens[key] = value, self.monotonic() + seconds
        self._tokens.move_to_end(key)
        while len(self._tokens) > _MOST_TOKENS:
            self._tokens.popitem(last=False)


def host_of(image: Image) -> str:
    """The registry's name, as the configuration has it: `docker.io` where the image names none."""
    return DOCKER_HUB if image.registry in _HUB_NAMES else image.registry


def repository_of(image: Image) -> str:
    """The repository in its registry: `library/nginx` where the name is Docker Hub's short form."""
    prefix = f"{image.registry}/" if image.registry else ""
    path = image.name.removeprefix(prefix)
    return f"library/{path}" if host_of(image) == DOCKER_HUB and "/" not in path else path


def address(image: Image) -> tuple[str, str]:
    """The host that answers, and the repository there."""
    host = host_of(image)
    return DOCKER_HUB_API if host == DOCKER_HUB else host, repository_of(image)


def _accepted(image: Image, reply: RegistryReply, source: LoginSource) -> RegistryReply:
    if 200 <= reply.status < 300:
        return reply
    if reply.status in (401, 403):
        raise RegistryDeniedError(image, source)
    if reply.status == 404:
        raise ImageNotFoundError(image)
    raise RegistryUnavailableError(image, f"it answers with status {reply.status}")


def _tags_of(image: Image, reply: RegistryReply) -> list[str]:
    tags = _object(image, reply.body).get("tags") or ()
    return [tag for tag in tags if isinstance(tag, str) and len(tag) <= 128]


def _object(image: Image, body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise RegistryUnavailableError(image, "its answer cannot be read")
    return answer


def _sha256(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
