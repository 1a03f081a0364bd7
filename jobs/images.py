"""Looks whether registries have newer images for the services that say so by a label.

Each repository is asked every few minutes, and at once when its registry says that something was
pushed. What is found is offered (`jobs.image_offers`); nothing is changed here.
"""

from __future__ import annotations

import logging
import random
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from bot.errors import (
    ImageNotFoundError,
    RegistryDeniedError,
    RegistryUnavailableError,
    StoreUnavailableError,
    SwarmbotError,
    UnsignedImageError,
)
from bot.model import Image, Service
from bot.model.image_version import TagVersion, VersionPart, part_between
from bot.model.new_image import NewImage, OfferState, allowed_part, candidate_tag, is_news
from bot.registry import signatures
from bot.registry.reader import RegistryReader, host_of, repository_of
from bot.settings import Settings
from bot.store.store import Store
from bot.swarm.swarm import Swarm
from jobs.scheduler import cut_off

log = logging.getLogger(__name__)

LOOK_DEADLINE = 120.0
SERVICES_EVERY = 30.0
"""Seconds between two looks at the labels of all services, where no registry says anything."""
MOST_REPOSITORIES = 10
"""Of one round: the others follow in the next."""
HINT_GAP = 5.0
"""Seconds at least between two looks at one repository: what is pushed again and again is looked at
once."""
JITTER = 0.1
"""So much of the pause is left to chance, so that not all are asked in the same moment."""


@dataclass
class ImageLook:
    """One round: asks about what is due. `random_share` gives a number from 0 to 1."""

    swarm: Swarm
    store: Store
    registry: RegistryReader
    settings: Settings
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    random_share: Callable[[], float] = random.random
    _due: dict[str, float] = field(default_factory=dict)
    """When each repository (as images name it) is asked again, in monotonic seconds."""
    _asked: dict[str, float] = field(default_factory=dict)
    _hinted: set[str] = field(default_factory=set)
    _services_at: float = float("-inf")

    def run(self) -> None:
        """With Redis or every manager away nothing is looked at; it is made up later."""
        try:
            self._hinted |= self.store.new_images.take_hints()
            now = self.monotonic()
            if not self._hinted and now - self._services_at < SERVICES_EVERY:
                return
            self._services_at = now
            self._look(self._followed())
        except StoreUnavailableError:
            return
        except SwarmbotError as error:
            log.info("new images were not looked for: %s", type(error).__name__)

    def _followed(self) -> dict[str, list[Service]]:
        """The services whose label says so, by the name of their image."""
        followed: dict[str, list[Service]] = {}
        for service in self.swarm.services.list():
            if allowed_part(service.labels) and not service.mode.is_job:
                followed.setdefault(service.image.name, []).append(service)
        return followed

    def _look(self, followed: dict[str, list[Service]]) -> None:
        now = self.monotonic()
        self._due = {name: self._due.get(name, now) for name in followed}
        self._asked = {name: at for name, at in self._asked.items() if name in followed}
        hosts = {host_of(services[0].image) for services in followed.values()}
        self.store.new_images.forget_all_but(hosts)
        paths = {
            name: repository_of(services[0].image).lower() for name, services in followed.items()
        }
        hinted = {name for name, path in paths.items() if path in self._hinted}
        resting = {name for name in hinted if now - self._asked.get(name, float("-inf")) < HINT_GAP}
        first = sorted(hinted - resting)
        self._hinted = {paths[name] for name in (*resting, *first[MOST_REPOSITORIES:])}
        others = sorted(
            (name for name, due in self._due.items() if due <= now and name not in hinted),
            key=lambda name: self._due[name],
        )
        for name in [*first, *others][:MOST_REPOSITORIES]:
            if cut_off():
                return
            self._ask(followed[name], pushed=name in hinted)

    def _ask(self, services: list[Service], *, pushed: bool) -> None:
        """Ask about one repository; a registry that does not answer is noted."""
        image, began = services[0].image, self.monotonic()
        pause = self.settings.images.look_every.total_seconds()
        spread = 1 - JITTER + 2 * JITTER * self.random_share()
        self._asked[image.name] = began
        self._due[image.name] = began + pause * spread
        try:
            tags = self._tags(services)
            digests: dict[str, str] = {}
            for service in services:
                self._judge(service, tags, digests, pushed=pushed)
        except (RegistryUnavailableError, RegistryDeniedError) as error:
            reason = getattr(error, "reason", "it wants other credentials")
            self.store.new_images.away_since(host_of(image), reason, self.now())
            log.info("%s cannot be asked for new images: %s", host_of(image), reason)
        else:
            self.store.new_images.answered(host_of(image))

    def _tags(self, services: Iterable[Service]) -> tuple[str, ...]:
        """The tags of the repository, where one of the services may go to another one."""
        wanted = [
            service
            for service in services
            if allowed_part(service.labels) is not VersionPart.DIGEST
            and TagVersion.parse(service.image.tag)
        ]
        try:
            return self.registry.tags(wanted[0].image) if wanted else ()
        except ImageNotFoundError:
            return ()

    def _judge(
        self, service: Service, tags: tuple[str, ...], digests: dict[str, str], *, pushed: bool
    ) -> None:
        allowed = allowed_part(service.labels)
        assert allowed, "only services with the label are followed"
        current = service.image
        tag = candidate_tag(current, tags, allowed)
        if not tag or self.store.locks.of(f"service:{service.id}"):
            # What is being changed is looked at next time: nobody knows yet what it will run.
            return
        found = self._found(current, tag, digests)
        self.store.revisions.record_seen(service.id, current, self.now())
        if found is None or not is_news(current, found, self.store.revisions.of(service.id)):
            self.store.new_images.apply(service.id, partial(outdated, found=found))
            return
        offer = NewImage(
            id=secrets.token_hex(4),
            service_id=service.id,
            service=service.name,
            before=current,
            after=found,
            part=part_between(current.tag, tag),
            at=self.now(),
            pushed=pushed,
        )
        if not self.store.new_images.is_skipped(service.id, offer.key) and self._is_signed(found):
            self.store.new_images.apply(service.id, lambda before: offered(before, offer))

    def _found(self, current: Image, tag: str, digests: dict[str, str]) -> Image | None:
        wanted = replace(current, tag=tag, digest="")
        try:
            if tag not in digests:
                digests[tag] = self.registry.digest(wanted)
        except ImageNotFoundError:
            return None
        return replace(wanted, digest=digests[tag])

    def _is_signed(self, image: Image) -> bool:
        """Whether it may be deployed at all: signatures come a moment after their images."""
        key_file = self.settings.signature_key(host_of(image))
        try:
            if key_file:
                signatures.verify(self.registry, image, key_file)
        except UnsignedImageError as error:
            log.info("%s is not offered: %s", image, error.fault)
            return False
        return True


def outdated(before: NewImage | None, found: Image | None) -> NewImage | None:
    """An open offer of what would not be found any more: it was taken out of the registry, or goes
    further than the label says now."""
    if before is None or before.state is not OfferState.OPEN or before.after == found:
        return before
    return replace(before, state=OfferState.WITHDRAWN)


def offered(before: NewImage | None, offer: NewImage) -> NewImage:
    """The offer of a service with what was found now: the same is not asked twice, and a newer one
    takes the place of an open one, in its message."""
    if before is None or before.state is not OfferState.OPEN:
        # What has ended is still shown by `jobs.image_offers`; this look finds it again later.
        return before or offer
    if before.after == offer.after:
        return before
    return replace(
        offer,
        id=before.id,
        message=before.message,
        replaced=before.command or before.replaced,
    )
