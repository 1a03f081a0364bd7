"""Image references and platforms, as Docker and the registries write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

KERNEL_NAMES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "armv6l": "arm",
    "i686": "386",
    "i386": "386",
}
"""What kernels call the architectures that registries and Go name otherwise."""


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """`os/architecture` in Go's names, as manifests and nodes give them."""

    os: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"

    @property
    def normalized(self) -> Platform:
        """The same with the architecture as registries name it (`amd64`), not as kernels do
        (`x86_64`)."""
        architecture = self.architecture.lower()
        return Platform(self.os.lower(), KERNEL_NAMES.get(architecture, architecture))


@dataclass(frozen=True, slots=True)
class Image:
    """An image reference: `name` with its registry, `tag` and `digest` (`sha256:…`).

    Tag and digest are empty where they are not given.
    """

    name: str
    tag: str = ""
    digest: str = ""

    _FORM = re.compile(
        r"(?P<name>(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
        r"(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*)"
        r"(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
    )

    @classmethod
    def parse(cls, text: str) -> Image:
        """Read a reference as Docker's grammar has it; `ValueError` where it is none."""
        match = cls._FORM.fullmatch(text)
        if not match:
            raise ValueError(text)
        return cls(match["name"], match["tag"] or "", match["digest"] or "")

    def __str__(self) -> str:
        return (
            self.name
            + (f":{self.tag}" if self.tag else "")
            + (f"@{self.digest}" if self.digest else "")
        )

    @property
    def tagged(self) -> str:
        """Name and tag without the digest: what people call the image."""
        return self.name + (f":{self.tag}" if self.tag else "")

    @property
    def registry(self) -> str:
        """The host that the name begins with, or nothing where it is Docker Hub's.

        What has a capital letter is a host too, for newer engines at least: a repository has none.
        """
        first, slash, _ = self.name.partition("/")
        is_host = first == "localhost" or "." in first or ":" in first or first != first.lower()
        return first if slash and is_host else ""

    @property
    def short_digest(self) -> str:
        """The first seven characters of the digest, or nothing."""
        return self.digest.removeprefix("sha256:")[:7]


@dataclass(frozen=True, slots=True)
class ResolvedImage:
    """What the registry says of an image: its digest, and the platforms it is built for."""

    image: Image
    platforms: tuple[Platform, ...] = ()


class SignatureFault(StrEnum):
    """Why an image does not count as signed: it has no signature, or only others, or none can be
    told without its digest, or the key cannot be read."""

    NONE = "none"
    OTHER = "other"
    NO_DIGEST = "no digest"
    KEY = "key"
