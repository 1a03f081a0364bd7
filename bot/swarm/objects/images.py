"""Asks registries about images, through an engine: the digest and the platforms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from bot.errors import (
    EngineRefusedError,
    ImageNotFoundError,
    RegistryDeniedError,
    RegistryUnavailableError,
    SwarmbotError,
    UnknownNameError,
)
from bot.model import Image, Platform, ResolvedImage
from bot.model.cluster import RegistryAnswer
from bot.model.registry_login import LoginSource
from bot.swarm.engine.client import Client
from bot.swarm.engine.port import EnginePool
from bot.swarm.engine.refusals import ConnectionLostError
from bot.swarm.engine_words import REGISTRY_DENIES, REGISTRY_HAS_NOT
from bot.swarm.registries.credential import Credential
from bot.swarm.registries.credentials import NO_CREDENTIALS, RegistryCredentials
from bot.swarm.registry_calls import RegistryCalls
from bot.swarm.spec import read_cluster

REGISTRY_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Images:
    """Images in their registries."""

    engines: EnginePool
    calls: RegistryCalls = field(default_factory=RegistryCalls)
    credentials: RegistryCredentials = NO_CREDENTIALS

    def resolve(self, image: Image) -> ResolvedImage:
        """Resolve an image to its digest, within ten seconds after its turn has come.

        The tag is `latest` where the image has neither tag nor digest. Raises ImageNotFoundError,
        RegistryBusyError, RegistryDeniedError, RegistryUnavailableError, and what
        `EnginePool.call` raises.
        """
        with self.calls.turn(image):
            return self._ask(image)

    def held(self, image: Image) -> RegistryAnswer:
        """Whether the registry has exactly this image, its digest included; asked once a minute.

        Raises RegistryUnavailableError, and what `EnginePool.call` raises.
        """
        return self.calls.rested(
            image, self.credentials.for_image(image).credential, lambda: self._held(image)
        )

    def _held(self, image: Image) -> RegistryAnswer:
        try:
            self._ask(image)
        except ImageNotFoundError:
            return RegistryAnswer.MISSING
        except RegistryDeniedError:
            return RegistryAnswer.DENIED
        return RegistryAnswer.THERE

    def _ask(self, image: Image) -> ResolvedImage:
        wanted = image if image.tag or image.digest else replace(image, tag="latest")
        login = self.credentials.look(image.registry)

        def ask(client: Client) -> dict[str, Any]:
            client.timeout = REGISTRY_SECONDS
            try:
                return client.distribution(str(wanted), login.header(with_own=True))
            except EngineRefusedError as error:
                raise _meaning(wanted, error, login.source) from error
            except ConnectionLostError as error:
                # The engine is alive, or the call would have been given up: it is the registry that
                # does not answer.
                raise RegistryUnavailableError(
                    wanted, f"no answer within {REGISTRY_SECONDS:g} s"
                ) from error

        answer = self.engines.call(ask, deadline=REGISTRY_SECONDS + 1)
        return ResolvedImage(
            replace(wanted, digest=answer["Descriptor"]["digest"]),
            platforms(answer.get("Platforms") or ()),
        )

    def log_in(self, credential: Credential) -> None:
        """Let a manager try this login at its registry.

        Raises EngineRefusedError, with status 401 where the registry refuses it, and what
        `EnginePool.call` raises.
        """

        def ask(client: Client) -> None:
            client.timeout = REGISTRY_SECONDS
            client.log_in(credential.login)

        self.engines.call(ask, deadline=REGISTRY_SECONDS + 1)

    def has_healthcheck(self, image: Image) -> bool | None:
        """Whether the image has a health check; None where the engine does not have the image.

        A registry tells only digest and platforms, so without pulling there is no other way to
        know.
        """
        try:
            config = self.engines.call(lambda client: client.image(str(image))).get("Config") or {}
        except (UnknownNameError, EngineRefusedError):
            return None
        test = (config.get("Healthcheck") or {}).get("Test") or ["NONE"]
        return bool(test[0] != "NONE")


def platforms(raw: Iterable[dict[str, Any]]) -> tuple[Platform, ...]:
    """Platforms as a service's placement takes them; none where any will do.

    An index also lists what is no image: attestations have an unknown platform, other artifacts
    none. These are left out, variants of arm are merged, and duplicates are removed. Of a single
    manifest in OCI's form an engine tells no platform (moby, server/router/distribution).
    """
    parsed = (read_cluster.platform(platform) for platform in raw)
    known = (
        platform
        for platform in parsed
        if (platform.os or platform.architecture)
        and "unknown" not in (platform.os, platform.architecture)
    )
    return tuple(
        dict.fromkeys(
            replace(platform, architecture="") if platform.architecture == "arm" else platform
            for platform in known
        )
    )


def _meaning(image: Image, error: EngineRefusedError, source: LoginSource) -> SwarmbotError:
    words = error.reason.lower()
    if error.status == 400:
        return error
    if error.status in (401, 403) or any(phrase in words for phrase in REGISTRY_DENIES):
        return RegistryDeniedError(image, source)
    if error.status == 404 or any(phrase in words for phrase in REGISTRY_HAS_NOT):
        return ImageNotFoundError(image)
    return RegistryUnavailableError(image, error.reason)
