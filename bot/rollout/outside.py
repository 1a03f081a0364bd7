"""Writes down as revisions what others changed of a service's image, as soon as it is seen."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bot.errors import SwarmbotError
from bot.model import Ending, Image, Service
from bot.model.revisions import EARLIER, OUTSIDE, in_place, of_image
from bot.store.revisions import Revisions
from bot.store.store import Store
from bot.swarm.spec import edit
from bot.swarm.swarm import Swarm

log = logging.getLogger(__name__)


@dataclass
class OutsideChanges:
    """Takes in what the watch sees, and looks closer only where something has changed since."""

    swarm: Swarm
    store: Store
    _known: dict[str, tuple[Image, str]] = field(default_factory=dict)

    def take_in(self, services: Iterable[Service], now: datetime) -> None:
        """Make the revisions of these services agree with them. With Redis away it waits."""
        seen = {service.id: _state(service) for service in services if not service.mode.is_job}
        for service_id, state in seen.items():
            if self._known.get(service_id) != state and not self._is_noted(service_id, now):
                seen[service_id] = self._known.get(service_id, (Image(""), ""))
        self._known = seen

    def _is_noted(self, service_id: str, now: datetime) -> bool:
        """Whether it is written down; not while a rollout of the bot's own runs."""
        try:
            if self.store.rollouts.of_service(service_id):
                return False
            # Looked at anew: what was seen may be of a rollout that has ended since.
            note_outside(self.store, self.swarm.services.get(service_id), now)
        except SwarmbotError as error:
            log.info("the revisions of %s wait: %r", service_id, error)
            return False
        return True


def _state(service: Service) -> tuple[Image, str]:
    return service.image, service.update.state if service.update else ""


def note_outside(store: Store, service: Service, now: datetime) -> None:
    """Make the revisions agree with what Swarm says of a service.

    Nothing while a rollout of the bot's own runs. Raises StoreUnavailableError.
    """
    if service.mode.is_job or store.rollouts.of_service(service.id):
        return
    known = store.revisions.of(service.id)
    if in_place(known) != service.image:
        _add(store.revisions, service, now)
    _judge(store.revisions, service)


def _add(revisions: Revisions, service: Service, now: datetime) -> None:
    known, update = revisions.of(service.id), service.update
    changed = (update.started if update else None) or service.updated or now
    if _went_back(service) and known and known[-1].note == OUTSIDE:
        revisions.conclude(service.id, known[-1].number, Ending.ROLLED_BACK)
        if in_place(revisions.of(service.id)) == service.image:
            return
    previous = edit.image_of(service.previous) if service.previous else service.image
    if previous not in (service.image, in_place(known)) and not _went_back(service):
        # Somebody changed it twice between two looks, or before the first.
        revisions.record_seen(service.id, previous, changed, EARLIER)
        revisions.record_seen(service.id, service.image, changed, OUTSIDE)
        return
    revisions.record_seen(service.id, service.image, changed, OUTSIDE if known else "")


def _went_back(service: Service) -> bool:
    return service.update is not None and service.update.state.startswith("rollback")


def _judge(revisions: Revisions, service: Service) -> None:
    """Swarm's own word on an update that others made counts for its revision."""
    newest = of_image(revisions.of(service.id), service.image)
    if newest is None or newest.note != OUTSIDE or service.update is None:
        return
    endings = {"paused": Ending.PAUSED, "completed": Ending.DONE}
    ending = endings.get(service.update.state)
    if ending and newest.ending != ending:
        revisions.conclude(service.id, newest.number, ending)
