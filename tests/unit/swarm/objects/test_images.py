"""Platforms as the registry names them, and as a service's placement takes them."""

from pathlib import Path

import pytest

from bot.errors import (
    EngineRefusedError,
    ImageNotFoundError,
    NoEngineError,
    RegistryDeniedError,
    RegistryUnavailableError,
)
from bot.model import Image, Platform
from bot.swarm.engine.pool import FailoverPool
from bot.swarm.objects.images import Images, platforms
from tests.unit.swarm.fake_engine import FakeEngine, always

WEB = Image("shop/web", "v1")
DIGEST = "sha256:" + "a1" * 32


AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
ATTESTATION = {"os": "unknown", "architecture": "unknown"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # What `docker buildx build` pushes: an OCI index, with an attestation for each platform.
        (
            [
                {"os": "linux", "architecture": "amd64"},
                {"os": "linux", "architecture": "arm64", "variant": "v8"},
                ATTESTATION,
                ATTESTATION,
            ],
            (AMD64, ARM64),
        ),
        ([{"os": "linux", "architecture": "amd64"}, ATTESTATION], (AMD64,)),
        # One manifest in OCI's form: engines name no platform then, and any will do, as for the
        # Docker CLI.
        (None, ()),
        ([], ()),
        # An artifact beside the images, such as a list of contents, has no platform at all.
        ([{"os": "linux", "architecture": "arm64"}, {"os": "", "architecture": ""}], (ARM64,)),
        ([{"os": "linux", "architecture": "arm64"}, {}], (ARM64,)),
        # An index whose images do not say what they are for.
        ([{"os": "", "architecture": ""}], ()),
        # Of arm any variant fits; swarmkit does not compare them.
        (
            [
                {"os": "linux", "architecture": "arm", "variant": "v6"},
                {"os": "linux", "architecture": "arm", "variant": "v7"},
            ],
            (Platform("linux", ""),),
        ),
        # Two versions of Windows.
        (
            [
                {"os": "windows", "architecture": "amd64", "os.version": "10.0.17763.1"},
                {"os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1"},
                {"os": "linux", "architecture": "amd64", "variant": "v3"},
            ],
            (Platform("windows", "amd64"), AMD64),
        ),
    ],
)
def test_the_platforms_of_an_image(
    raw: list[dict[str, str]] | None, expected: tuple[Platform, ...]
) -> None:
    assert platforms(raw or ()) == expected


@pytest.mark.parametrize(
    ("status", "words", "error"),
    [
        (404, "manifest unknown: manifest unknown", ImageNotFoundError),
        (404, "name unknown: repository name not known to registry", ImageNotFoundError),
        (500, "manifest unknown: manifest unknown", ImageNotFoundError),
        (401, "unauthorized: authentication required", RegistryDeniedError),
        (
            403,
            (
                "errors:\ndenied: requested access to the resource is denied\nunauthorized: "
                "authentication required\n"
            ),
            RegistryDeniedError,
        ),
        (500, "denied: Your authorization token has expired. Reauthenticate.", RegistryDeniedError),
        (500, "error from registry: denied", RegistryDeniedError),
        (
            500,
            "pull access denied for shop/web, repository does not exist or may require login",
            RegistryDeniedError,
        ),
        (
            500,
            "Get https://reg/v2/web/manifests/v1: no basic auth credentials",
            RegistryDeniedError,
        ),
        (
            500,
            'Get "http://10.0.0.1:5000/v2/": dial tcp 10.0.0.1:5000: connect: connection refused',
            RegistryUnavailableError,
        ),
        (
            500,
            'Get "https://reg.example/v2/": dial tcp: lookup reg.example: no such host',
            RegistryUnavailableError,
        ),
        (429, "toomanyrequests: You have reached your pull rate limit", RegistryUnavailableError),
        (400, "invalid reference format", EngineRefusedError),
    ],
)
def test_what_a_registry_says(
    tmp_path: Path, status: int, words: str, error: type[Exception]
) -> None:
    engine = FakeEngine(tmp_path, "one", always((status, {"message": words})))
    with pytest.raises(error):
        Images(FailoverPool([engine.address])).resolve(WEB)
    engine.stop()


@pytest.mark.parametrize(
    ("image", "asked", "pinned"),
    [
        (Image("web"), "web:latest", Image("web", "latest", DIGEST)),
        (
            Image("reg:5000/shop/web", "v1"),
            "reg:5000/shop/web:v1",
            Image("reg:5000/shop/web", "v1", DIGEST),
        ),
        (Image("web", "", DIGEST), f"web@{DIGEST}", Image("web", "", DIGEST)),
    ],
)
def test_an_image_is_pinned_to_its_digest(
    tmp_path: Path, image: Image, asked: str, pinned: Image
) -> None:
    engine = FakeEngine(
        tmp_path, "one", always((200, {"Descriptor": {"digest": DIGEST}, "Platforms": None}))
    )
    resolved = Images(FailoverPool([engine.address])).resolve(image)
    engine.stop()
    assert engine.seen == [f"GET /distribution/{asked}/json"]
    assert (resolved.image, resolved.platforms) == (pinned, ())


def test_without_an_engine_the_registry_is_not_blamed(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, "one")
    engine.stop()
    with pytest.raises(NoEngineError):
        Images(FailoverPool([engine.address])).resolve(WEB)
