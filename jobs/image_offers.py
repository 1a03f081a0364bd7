"""Keeps the offers of new images true: one message for each service, from the question to its end,
and the deploy that the bot asks for itself where a label says so."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from bot.errors import StoreUnavailableError, SwarmbotError
from bot.model import Actor, Message, MessageRef, MessageState, Service
from bot.model.new_image import (
    NewImage,
    OfferState,
    OfferSurroundings,
    approves_itself,
    judged,
)
from bot.model.sent_command import SentCommand, SentEnding
from bot.policy.holds import holding
from bot.poster import Handle, Poster
from bot.render import new_images
from bot.settings import Settings
from bot.store.store import Store
from bot.swarm.swarm import Swarm
from jobs.auto_deploys import AutoDeploys
from jobs.recipients import other_places

_REACHED = (SentEnding.COMPLETED, SentEnding.NOTHING_TO_CHANGE)
_FOR_PEOPLE = (SentEnding.REFUSED, SentEnding.UNKNOWN)
"""Ends after which people are asked: the rules do not let the bot, or nobody knows what came of
it."""
_MOST_WHY = 300

log = logging.getLogger(__name__)

SERVICES_EVERY = 10.0
"""Seconds between two looks at the services of open offers, where nothing seems to happen."""
NOBODY = Actor("", "")
"""For whom a hold is shown in a message that everybody reads."""


@dataclass
class ImageOffers:
    """One round over the open offers. `fence` is that of this bot's leadership."""

    swarm: Swarm
    store: Store
    poster: Poster
    settings: Settings
    deploys: AutoDeploys
    fence: Callable[[], int]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    _shown: dict[str, tuple[Handle | MessageRef, Message]] = field(default_factory=dict)
    _number: int = 0
    _services: Mapping[str, Service] = field(default_factory=dict)
    _services_at: float = float("-inf")
    _around: Mapping[str, OfferSurroundings] = field(default_factory=dict)

    def run(self) -> None:
        """With Redis away nothing is shown anew."""
        try:
            offers = self.store.new_images.all()
            self._shown = {
                offer.id: self._shown[offer.id] for offer in offers if offer.id in self._shown
            }
            if offers:
                self._look_after(offers)
        except StoreUnavailableError:
            return
        except SwarmbotError as error:
            # Nobody knows what runs: the messages stay as they are.
            log.info("offers of new images stay as they are: %s", type(error).__name__)

    def _look_after(self, offers: Sequence[NewImage]) -> None:
        around = self._surroundings(offers)
        self._read_services(anew=around != self._around)
        self._around = around
        if any(self._judged(offer, around) is not offer.state for offer in offers):
            # What ends an offer has to be true now, and not some seconds ago.
            self._read_services(anew=True)
            around = self._surroundings(offers)
        for offer in offers:
            self._keep_true(offer, around)

    def _judged(self, offer: NewImage, around: Mapping[str, OfferSurroundings]) -> OfferState:
        """What has become of it; while the service is being changed, nobody can say."""
        if around[offer.service_id].changing:
            return offer.state
        known = self.store.revisions.of(offer.service_id)
        return judged(offer, self._services.get(offer.service_id), known)

    def _keep_true(self, offer: NewImage, around: Mapping[str, OfferSurroundings]) -> None:
        state = self._judged(offer, around)
        current: NewImage | None = offer
        if state is not offer.state:
            current = self.store.new_images.apply(
                offer.service_id, partial(_ended, offer=offer, state=state)
            )
        if current and current.state is OfferState.OPEN:
            current = self._go_on(current, around[offer.service_id])
        if current is None or current.id != offer.id:
            return
        if self._is_for_people(current, around[offer.service_id]):
            self._show(current, around[offer.service_id])
        if current.state is not OfferState.OPEN:
            if current.command:
                self.deploys.take_back(current.command)
            self.store.new_images.apply(
                offer.service_id, lambda stored: None if stored == current else stored
            )

    # ---- what the bot asks for itself

    def _is_for_people(self, offer: NewImage, around: OfferSurroundings) -> bool:
        """Whether people are told: of what the bot deploys itself they see the deploy alone."""
        by_itself = self._deploys_itself(offer) and not offer.why
        return not by_itself or around.hold is not None or offer.message is not None

    def _deploys_itself(self, offer: NewImage) -> bool:
        service = self._services.get(offer.service_id)
        return service is not None and approves_itself(service.labels)

    def _go_on(self, offer: NewImage, around: OfferSurroundings) -> NewImage | None:
        """Ask for the deploy where nothing keeps it, or heed what came of it."""
        if offer.replaced:
            self.deploys.take_back(offer.replaced)
            return self._change(offer, replaced="")
        if offer.command:
            return self._heed(offer, self.deploys.sent(offer.command))
        if not self._deploys_itself(offer) or offer.why or around.keeps:
            return offer
        begun = self._change(offer, command=secrets.token_hex(8))
        if begun and begun.after == offer.after and begun.command:
            self.deploys.begin(begun)
        return begun

    def _heed(self, offer: NewImage, sent: SentCommand | None) -> NewImage | None:
        """What the end of the deploy means for the offer; nothing while it has none."""
        if sent is None:
            # It was never sent: whoever meant to is gone.
            return self._change(offer, command="")
        ending = sent.ending
        if ending is None or ending in _REACHED or offer.why:
            return offer
        if ending in _FOR_PEOPLE or (ending is SentEnding.FAILED and offer.message):
            return self._change(offer, why=sent.text.partition("\n")[0][:_MOST_WHY])
        if ending is not SentEnding.FAILED or sent.audit:
            # It had its chance: people have decided, or its own message says how it went.
            self.store.new_images.skip(offer.service_id, offer.key, self.now())
        return self._change(offer, state=OfferState.WITHDRAWN)

    def _change(self, offer: NewImage, **fields: Any) -> NewImage | None:
        """The offer with these fields, unless it is another one by now."""

        def step(stored: NewImage | None) -> NewImage | None:
            return replace(stored, **fields) if stored and stored == offer else stored

        return self.store.new_images.apply(offer.service_id, step)

    # ---- what is around it

    def _read_services(self, *, anew: bool) -> None:
        if anew or self.monotonic() - self._services_at >= SERVICES_EVERY:
            self._services = {service.id: service for service in self.swarm.services.list()}
            self._services_at = self.monotonic()

    def _surroundings(self, offers: Iterable[NewImage]) -> Mapping[str, OfferSurroundings]:
        now = self.now()
        holds = self.store.holds.all(now)
        targets = {f"service:{offer.service_id}": offer for offer in offers}
        locked = self.store.locks.locked(list(targets))
        waiting = {
            target
            for approval in (*self.store.approvals.open(), *self.store.approvals.approved())
            for target in approval.plan.targets
        }
        return {
            offer.service_id: OfferSurroundings(
                hold=holding(holds, offer.service, NOBODY, now),
                changing=target in locked,
                waiting=target in waiting,
            )
            for target, offer in targets.items()
        }

    # ---- the message

    def _show(self, offer: NewImage, around: OfferSurroundings) -> None:
        """Post it, or edit it where it would say something else."""
        shown = self._shown.get(offer.id)
        message = new_images.offer(offer, around, self.now())
        if shown and shown[1] == message:
            return
        ended = offer.state is not OfferState.OPEN
        place = shown[0] if shown else offer.message
        if place is None and (ended or not self._channel()):
            return
        self._number += 1
        state = MessageState(f"image:{offer.id}", self.fence(), self._number, ended)
        stated, then = replace(message, state=state), self._remember(offer)
        elsewhere = other_places(self.settings)
        if place is None:
            handle = self.poster.post(self._channel(), stated, then=then, elsewhere=elsewhere)
        else:
            handle = self.poster.edit(place, stated, ended, then, elsewhere=elsewhere)
        self._shown[offer.id] = handle, message

    def _channel(self) -> str:
        return self.settings.channel or next(iter(other_places(self.settings).places), "")

    def _remember(self, offer: NewImage) -> Callable[[MessageRef], None]:
        def remember(ref: MessageRef) -> None:
            def step(stored: NewImage | None) -> NewImage | None:
                return replace(stored, message=ref) if stored and stored.id == offer.id else stored

            # Where Redis is away, the message is found again by its name.
            with suppress(StoreUnavailableError):
                self.store.new_images.apply(offer.service_id, step)

        return remember


def _ended(stored: NewImage | None, offer: NewImage, state: OfferState) -> NewImage | None:
    """The same offer with its end, unless it was decided on or replaced meanwhile."""
    is_same = stored and stored.after == offer.after and stored.state is OfferState.OPEN
    return replace(stored, state=state) if stored and is_same else stored
