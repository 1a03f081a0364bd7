"""The HTTP side of the registry in memory, as the bot itself asks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.registry.transport import NoReplyError, RegistryReply
from tests.memory.twin.registry import Registry
from tests.signing import Signature, digest_of

_CALL = re.compile(r"/v2/(.+)/(tags|manifests|blobs)/([^/]+)")


@dataclass
class RegistryApi:
    """Answers for every host with the images of this registry; `calls` are those that came."""

    registry: Registry
    stored: dict[str, bytes] = field(default_factory=dict)
    """Manifests and blobs of signatures, by repository and tag or digest."""
    calls: list[str] = field(default_factory=list)

    def take(self, repository: str, signature: Signature) -> None:
        """Somebody pushes a signature."""
        self.stored[f"{repository}:{signature.tag}"] = signature.manifest
        for digest, content in signature.blobs.items():
            self.stored[f"{repository}@{digest}"] = content

    def send(self, method: str, url: str, headers: Mapping[str, str]) -> RegistryReply:
        path = urlsplit(url).path
        self.calls.append(f"{method} {path}")
        if self.registry.away:
            raise NoReplyError("no connection")
        match = _CALL.fullmatch(path)
        if not match:
            return RegistryReply(404)
        repository, what, reference = match.groups()
        if what == "tags":
            return self._tags(repository)
        content = self.stored.get(f"{repository}:{reference}") or self.stored.get(
            f"{repository}@{reference}"
        )
        if content is not None:
            return RegistryReply(200, {"docker-content-digest": digest_of(content)}, content)
        build = self.registry.builds.get(f"{repository}:{reference}")
        return (
            RegistryReply(200, {"docker-content-digest": build.digest})
            if build and what == "manifests"
            else RegistryReply(404)
        )

    def _tags(self, repository: str) -> RegistryReply:
        names = (image.rpartition(":") for image in self.registry.builds)
        tags = sorted(tag for name, _, tag in names if name == repository)
        signed = [
            name.rpartition(":")[2] for name in self.stored if name.startswith(f"{repository}:")
        ]
        return RegistryReply(
            200, body=json.dumps({"name": repository, "tags": tags + signed}).encode()
        )
