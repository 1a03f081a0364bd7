"""Reading a registry: names, pages, tokens, and answers that are none."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256

import pytest

from bot.errors import ImageNotFoundError, RegistryDeniedError, RegistryUnavailableError
from bot.model import Image
from bot.registry.reader import Login, RegistryReader, address
from bot.registry.transport import NoReplyError, RegistryReply

WEB = Image.parse("images.example.com/shop/web:1.0")
DIGEST = f"sha256:{'a' * 64}"
Answer = Callable[[str, str, Mapping[str, str]], RegistryReply]


class Answering:
    """A registry that answers by a function, and remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []

    def send(self, method: str, url: str, headers: Mapping[str, str]) -> RegistryReply:
        self.asked.append((method, url, headers))
        return self._answer(method, url, headers)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nginx", ("registry-1.docker.io", "library/nginx")),
        ("docker.io/nginx", ("registry-1.docker.io", "library/nginx")),
        ("shop/web", ("registry-1.docker.io", "shop/web")),
        ("ghcr.io/shop/web", ("ghcr.io", "shop/web")),
        ("10.0.0.1:5000/web", ("10.0.0.1:5000", "web")),
    ],
)
def test_where_an_image_lies(name: str, expected: tuple[str, str]) -> None:
    assert address(Image.parse(name)) == expected


def test_a_digest_costs_one_call_without_a_body() -> None:
    registry = Answering(lambda *_: RegistryReply(200, {"docker-content-digest": DIGEST}))

    assert RegistryReader(registry).digest(WEB) == DIGEST
    ((method, url, _),) = registry.asked
    assert (method, url) == ("HEAD", "https://images.example.com/v2/shop/web/manifests/1.0")


OCI_INDEX, OCI_MANIFEST = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
)
DOCKER_LIST, DOCKER_MANIFEST = (
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


@pytest.mark.parametrize("form", [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST])
@pytest.mark.parametrize("names_digests", [True, False])
def test_a_registry_that_has_an_image_in_one_form_only(form: str, names_digests: bool) -> None:
    body = json.dumps({"schemaVersion": 2, "mediaType": form}).encode()

    def answer(method: str, url: str, headers: Mapping[str, str]) -> RegistryReply:
        if form not in headers["Accept"].split(", "):
            return RegistryReply(404)
        named = {"docker-content-digest": DIGEST} if names_digests else {}
        return RegistryReply(200, named, b"" if method == "HEAD" else body)

    digest = RegistryReader(Answering(answer)).digest(WEB)

    assert digest == (DIGEST if names_digests else f"sha256:{sha256(body).hexdigest()}")


def test_the_pages_of_a_list_are_read_and_never_elsewhere() -> None:
    def answer(method: str, url: str, headers: Mapping[str, str]) -> RegistryReply:
        first = "last=" not in url
        link = {"link": '<http://10.0.0.9/v2/evil/tags/list?n=2&last=1.0>; rel="next"'}
        tags = ["1.0"] if first else ["1.1"]
        return RegistryReply(200, link if first else {}, json.dumps({"tags": tags}).encode())

    registry = Answering(answer)

    assert RegistryReader(registry).tags(WEB) == ("1.0", "1.1")
    assert {url.partition("/v2/")[0] for _, url, _ in registry.asked} == {
        "https://images.example.com"
    }


def test_a_list_without_an_end_is_read_to_a_bound() -> None:
    link = {"link": '</v2/shop/web/tags/list?n=1&last=1>; rel="next"'}
    registry = Answering(lambda *_: RegistryReply(200, link, b'{"tags": ["1.0"]}'))

    assert len(RegistryReader(registry).tags(WEB)) == 10


def _with_tokens(method: str, url: str, headers: Mapping[str, str]) -> RegistryReply:
    if url.startswith("https://auth.example.com/token?"):
        good = headers.get("Authorization") == Login("robot", "secret").basic
        return RegistryReply(200 if good else 401, body=b'{"token": "t1", "expires_in": 300}')
    if headers.get("Authorization") == "Bearer t1":
        return RegistryReply(200, {"docker-content-digest": DIGEST})
    challenge = 'Bearer realm="https://auth.example.com/token",service="r.example.com"'
    return RegistryReply(401, {"www-authenticate": challenge})


def test_a_token_is_fetched_with_the_login_and_used_while_it_lasts() -> None:
    registry, seconds = Answering(_with_tokens), [0.0]
    reader = RegistryReader(
        registry, lambda _: Login("robot", "secret"), monotonic=lambda: seconds[0]
    )

    assert reader.digest(WEB) == reader.digest(WEB) == DIGEST
    assert len(registry.asked) == 4
    assert "scope=repository%3Ashop%2Fweb%3Apull" in registry.asked[1][1]

    seconds[0] = 299
    assert reader.digest(WEB) == DIGEST
    assert len(registry.asked) == 7


def test_without_a_login_it_is_denied() -> None:
    with pytest.raises(RegistryDeniedError):
        RegistryReader(Answering(_with_tokens)).digest(WEB)


def test_no_login_goes_out_in_clear() -> None:
    def answer(method: str, url: str, headers: Mapping[str, str]) -> RegistryReply:
        return RegistryReply(401, {"www-authenticate": 'Bearer realm="http://auth/token"'})

    registry = Answering(answer)

    with pytest.raises(RegistryDeniedError):
        RegistryReader(registry, lambda _: Login("robot", "secret")).digest(WEB)
    assert [url for _, url, _ in registry.asked if "auth" in url] == []


def test_a_basic_challenge_is_answered_with_the_login() -> None:
    def answer(method: str, url: str, headers: Mapping[str, str]) -> RegistryReply:
        if headers.get("Authorization", "").startswith("Basic "):
            return RegistryReply(200, {"docker-content-digest": DIGEST})
        return RegistryReply(401, {"www-authenticate": 'Basic realm="here"'})

    reader = RegistryReader(Answering(answer), lambda _: Login("robot", "secret"))
    assert reader.digest(WEB) == DIGEST


@pytest.mark.parametrize("status", [301, 418, 429, 500, 503])
def test_a_status_that_says_nothing_of_the_image(status: int) -> None:
    with pytest.raises(RegistryUnavailableError) as caught:
        RegistryReader(Answering(lambda *_: RegistryReply(status))).digest(WEB)
    assert str(status) in caught.value.reason


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"[" * 100_000, b'{"tags": 1e400'])
def test_what_is_no_answer_of_a_registry(body: bytes) -> None:
    with pytest.raises(RegistryUnavailableError):
        RegistryReader(Answering(lambda *_: RegistryReply(200, body=body))).tags(WEB)


def test_what_is_not_there() -> None:
    with pytest.raises(ImageNotFoundError):
        RegistryReader(Answering(lambda *_: RegistryReply(404))).digest(WEB)


def test_a_registry_that_does_not_answer() -> None:
    def answer(method: str, url: str, headers: Mapping[str, str]) -> RegistryReply:
        raise NoReplyError("no connection")

    with pytest.raises(RegistryUnavailableError):
        RegistryReader(Answering(answer)).digest(WEB)


def test_a_blob_is_compared_with_its_digest() -> None:
    registry = Answering(lambda *_: RegistryReply(200, body=b"something else"))
    with pytest.raises(RegistryUnavailableError):
        RegistryReader(registry).blob(WEB, DIGEST)
