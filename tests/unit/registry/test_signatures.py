"""Signatures of images: made here as cosign makes them, and read from a registry in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import RegistryUnavailableError, UnsignedImageError
from bot.model import Image
from bot.model.images import SignatureFault
from bot.registry.reader import RegistryReader
from bot.registry.signatures import is_key, verify
from tests.memory.twin.registry import Registry
from tests.memory.twin.registry_api import RegistryApi
from tests.signing import KeyPair, Signature

OURS, THEIRS = KeyPair(), KeyPair()


@pytest.fixture
def api() -> RegistryApi:
    registry = Registry()
    registry.push("shop/web:1.0")
    return RegistryApi(registry)


@pytest.fixture
def web(api: RegistryApi) -> Image:
    return Image("shop/web", "1.0", api.registry.builds["shop/web:1.0"].digest)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "cosign.pub"
    path.write_bytes(OURS.public_pem)
    return path


def fault(api: RegistryApi, image: Image, key: Path) -> SignatureFault:
    with pytest.raises(UnsignedImageError) as caught:
        verify(RegistryReader(api), image, key)
    return caught.value.fault


def test_a_signed_image_passes(api: RegistryApi, web: Image, key: Path) -> None:
    api.take("shop/web", OURS.sign("shop/web", web.digest))

    verify(RegistryReader(api), web, key)


def test_an_image_without_signature(api: RegistryApi, web: Image, key: Path) -> None:
    assert fault(api, web, key) is SignatureFault.NONE


def test_somebody_elses_signature(api: RegistryApi, web: Image, key: Path) -> None:
    api.take("shop/web", THEIRS.sign("shop/web", web.digest))

    assert fault(api, web, key) is SignatureFault.OTHER


def test_a_signature_of_another_image_under_this_ones_tag(
    api: RegistryApi, web: Image, key: Path
) -> None:
    api.take("shop/web", OURS.sign("shop/web", web.digest, claimed=f"sha256:{'b' * 64}"))

    assert fault(api, web, key) is SignatureFault.OTHER


def test_a_tag_alone_is_not_signed(api: RegistryApi, web: Image, key: Path) -> None:
    assert fault(api, replace(web, digest=""), key) is SignatureFault.NO_DIGEST


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nx\n", None])
def test_a_key_that_cannot_be_read_lets_nothing_pass(
    api: RegistryApi, web: Image, tmp_path: Path, content: bytes | None
) -> None:
    api.take("shop/web", OURS.sign("shop/web", web.digest))
    key = tmp_path / "other.pub"
    if content is not None:
        key.write_bytes(content)

    assert fault(api, web, key) is SignatureFault.KEY


@pytest.mark.parametrize(
    "manifest",
    [
        b"{}",
        b'{"layers": 1}',
        b'{"layers": [1, {"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json"}]}',
        (
            b'{"layers": [{"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", '
            b'"digest": "x", "annotations": {"dev.cosignproject.cosign/signature": "%%"}}]}'
        ),
    ],
)
def test_what_is_no_signature(api: RegistryApi, web: Image, key: Path, manifest: bytes) -> None:
    made = OURS.sign("shop/web", web.digest)
    api.take("shop/web", Signature(made.tag, manifest, {}))

    assert fault(api, web, key) is SignatureFault.OTHER


def test_a_registry_that_is_away_lets_nothing_pass(api: RegistryApi, web: Image, key: Path) -> None:
    api.registry.away = "timeout"

    with pytest.raises(RegistryUnavailableError):
        verify(RegistryReader(api), web, key)


def test_only_a_public_key_of_cosign_is_one() -> None:
    assert is_key(OURS.public_pem)
    assert not is_key(b"-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----")
