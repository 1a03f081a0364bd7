"""A registry in memory, and how the programs in its images behave."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.memory.twin import pull_options

HOST = "shop"


@dataclass(frozen=True)
class Build:
    """One image. `exits` is the code with which its program ends `after` seconds; None: it runs.

    `starts` is how long it takes until it runs; `healthy` is False where its health check fails.
    """

    digest: str
    platforms: tuple[str, ...] = ("amd64",)
    exits: int | None = None
    after: float = 0.0
    starts: float = 0.1
    healthy: bool = True
    cannot_start: str = ""
    """What nodes say whose container does not even begin."""
    log: str = ""
    log_by_node: Mapping[str, str] = field(default_factory=dict)
    """What its program writes on single nodes, by id."""


@dataclass
class Registry:
    """What nodes can pull. `away` is the answer of a registry that cannot be asked."""

    builds: dict[str, Build] = field(default_factory=dict)
    away: str = ""
    guarded: dict[str, str] = field(default_factory=dict)
    """By host: the password without which it gives nothing."""

    def lets_in(self, image: str, auth: str) -> bool:
        """Whether who has this `X-Registry-Auth` may have the image."""
        password = self.guarded.get(image.partition("/")[0])
        return password is None or pull_options.password(auth) == password

    def push(self, image: str, **behaviour: object) -> Build:
        """Push an image; `behaviour` are the fields of a `Build`."""
        digest = "sha256:" + hashlib.sha256(f"{image}{behaviour}".encode()).hexdigest()
        build = Build(digest, **behaviour)  # type: ignore[arg-type]
        self.builds[image] = build
        return build

    def spoil(self, image: str, **behaviour: object) -> None:
        """Let the program in an image behave otherwise from now on, under the same digest."""
        self.builds[image] = replace(self.builds[image], **behaviour)  # type: ignore[arg-type]

    def find(self, reference: str) -> Build | None:
        """The image of this name and tag, or digest."""
        name, _, digest = reference.partition("@")
        if digest:
            return next((build for build in self.builds.values() if build.digest == digest), None)
        return self.builds.get(name if ":" in name.rpartition("/")[2] else f"{name}:latest")
