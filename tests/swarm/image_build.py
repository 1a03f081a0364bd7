"""The image of the bot, built while other stories are told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playground.base_image import BASE, base_archive, own_certificates
from playground.bot import CHECKOUT
from playground.builder import Builder
from playground.registry import Registry

BOT, NEXT, REDIS = "swarmbot", "swarmbot-next", "redis"


@dataclass(frozen=True)
class Images:
    """Full names in the cluster's registry, how the bot's image came about, and how much larger
    than its base it is (bytes).

    `next` is another version of the bot, which says so in a label.
    """

    bot: str
    next: str
    redis: str
    history: str
    above_base: int


class ImageBuild:
    """A build in a thread of its own, by an engine of its own. It begins when this is made."""

    def __init__(self, name: str) -> None:
        self._builder = Builder(name)
        self._thread = ThreadPoolExecutor(1)
        self._build = self._thread.submit(self._builds)

    def _builds(self) -> None:
        self._builder.start()
        self._builder.load(base_archive(CHECKOUT / ".dev"))
        self._builder.build(CHECKOUT, BOT, BASE=BASE, CERTIFICATES=own_certificates())
        self._build_from(BOT, NEXT, "LABEL org.opencontainers.image.version=next")
        # As in the public image, the folder of the data belongs to the user that Redis runs as.
        self._build_from(
            BASE,
            REDIS,
            "RUN mkdir /data && chown 999:1000 /data",
            "WORKDIR /data",
        )

    def _build_from(self, image: str, name: str, *lines: str) -> None:
        with TemporaryDirectory() as folder:
            (Path(folder) / "Dockerfile").write_text("\n".join((f"FROM {image}", *lines)))
            self._builder.build(Path(folder), name)

    def _size(self, image: str) -> int:
        return int(self._builder.docker("image", "inspect", "--format={{.Size}}", image))

    def pushed_to(self, registry: Registry) -> Images:
        """Wait for the build and send what it made to a registry; raises what the build raised."""
        self._build.result()
        return Images(
            self._builder.push(BOT, registry, "swarmbot:test"),
            self._builder.push(NEXT, registry, "swarmbot:next"),
            self._builder.push(REDIS, registry, "redis:test"),
            self._builder.docker("history", "--no-trunc", BOT),
            self._size(BOT) - self._size(BASE),
        )

    def close(self) -> None:
        """Wait for the end of the build, and end its engine."""
        self._thread.shutdown()
        self._builder.close()
