"""The bot's credentials for registries, read anew when they change: a token that lives for hours is
replaced under the running bot, and the next command sends the new one."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.model import Image
from bot.model.registry_login import DOCKER_HUB, LoginFault, LoginSource, registry_host
from bot.settings import RegistrySettings
from bot.swarm.registries import docker_config, helper
from bot.swarm.registries.credential import Credential
from bot.swarm.registries.settled_file import SettledFile

HELPER_REST_SECONDS = 5.0
"""Seconds for which a helper's answer counts, so that one command asks it once."""
_HELPER = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RegistryLogin:
    """What there is for a registry, and where the bot looked for it.

    `changed`: when the file was last changed (UTC); None where there is none, as for a helper.
    `own`: it comes from this machine's own Docker configuration, which is for looks, and goes to
    nodes only where somebody asks for that.
    """

    source: LoginSource
    credential: Credential | None = None
    changed: datetime | None = None
    own: bool = False

    def header(self, *, with_own: bool) -> str:
        """The header `X-Registry-Auth`; empty where there is none to send."""
        return self.credential.header if self.credential and (with_own or not self.own) else ""


Posted = Callable[[str, Credential], None]


def untold(service_id: str, credential: Credential) -> None:
    """Nobody wants to know what a service was given."""
    del service_id, credential


class RegistryCredentials:
    """The credentials of `[[registries]]`, and for other registries those of `own`, a configuration
    file of Docker's that need not be there. For any thread.

    `pause` waits for so many seconds; `monotonic` counts them. `posted` is told of each credential
    that Swarm has taken for a service, by the service's id.
    """

    def __init__(
        self,
        registries: Iterable[RegistrySettings] = (),
        pause: Callable[[float], object] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        posted: Posted = untold,
        own: Path | None = None,
    ) -> None:
        self.posted = posted
        # Whatever host it stands under: the file itself says for which registries it is.
        settings = RegistrySettings(host=DOCKER_HUB, docker_config=own)
        self._own = _Source(settings, pause, monotonic) if own else None
        self._sources = {
            registry_host(registry.host): _Source(registry, pause, monotonic)
            for registry in registries
            if registry.place
        }

    @property
    def hosts(self) -> tuple[str, ...]:
        """The registries that credentials are configured for, in the order of the file."""
        return tuple(self._sources)

    def of(self, host: str) -> Credential | None:
        """The credential for this registry (`host[:port]`, empty for Docker Hub) as it is now.

        None where none is configured, or where it cannot be read: `look` says which.
        """
        return self.look(host).credential

    def for_image(self, image: Image) -> RegistryLogin:
        """The same with its source, for the registry of this image, and for no other one."""
        return self.look(image.registry) if image.name else RegistryLogin(LoginSource(""))

    def look(self, host: str) -> RegistryLogin:
        """The same, with where the bot looks, and why there is nothing."""
        name = registry_host(host)
        source = self._sources.get(name)
        if source:
            return source.look(name)
        own = self._own.look(name) if self._own else None
        if own and own.credential:
            return replace(own, own=True)
        return RegistryLogin(LoginSource(name))


NO_CREDENTIALS = RegistryCredentials()


class _Source:
    """Where the credentials of one registry come from."""

    def __init__(
        self,
        registry: RegistrySettings,
        pause: Callable[[float], object],
        monotonic: Callable[[], float],
    ) -> None:
        self._settings = registry
        path = registry.password_file or registry.docker_config
        self._file = SettledFile(path, pause) if path else None
        self._helpers = _RestedHelpers(monotonic)

    def look(self, host: str) -> RegistryLogin:
        read = self._read(host)
        fault = read if isinstance(read, LoginFault) else None
        credential = read if isinstance(read, Credential) else None
        source = LoginSource(host, self._settings.place, fault)
        return RegistryLogin(source, credential, _changed(self._file.path) if self._file else None)

    def _read(self, host: str) -> Credential | LoginFault:
        if self._file is None:
            return self._helpers.ask(self._settings.helper or "", host)
        content = self._file.content()
        if isinstance(content, LoginFault):
            return content
        if self._settings.password_file:
            return _password(content, self._settings.username, host)
        found = docker_config.read(content, host)
        return self._helpers.ask(found, host) if isinstance(found, str) else found


class _RestedHelpers:
    """Asks helpers, one at a time, and not again while an answer is fresh."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str], tuple[float, Credential | LoginFault]] = {}

    def ask(self, name: str, host: str) -> Credential | LoginFault:
        if not _HELPER.fullmatch(name):
            return LoginFault.NO_HELPER
        with self._lock:
            at, answer = self._answers.get((name, host), (float("-inf"), None))
            if answer is None or self._monotonic() - at > HELPER_REST_SECONDS:
                answer = helper.ask(name, host)
                self._answers[name, host] = self._monotonic(), answer
            return answer


def _password(content: bytes, username: str, host: str) -> Credential | LoginFault:
    try:
        return Credential(host, username, content.decode().strip())
    except UnicodeDecodeError:
        return LoginFault.NOT_TEXT


def _changed(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
