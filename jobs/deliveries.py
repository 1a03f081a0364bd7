"""Brings messages up to date that a bot left behind, until Slack has them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from bot.errors import StoreUnavailableError
from bot.pipeline.left_messages import LeftMessages
from bot.poster import Poster
from bot.store.store import Store


@dataclass(frozen=True)
class DeliveryUpkeep:
    """One round, by every bot: what is left is taken by one of them alone."""

    store: Store
    poster: Poster
    left: LeftMessages

    def run(self) -> None:
        """With Redis away nobody knows what is left."""
        with suppress(StoreUnavailableError):
            self.poster.catch_up()
            self.left.end_lost()
            for pending in self.store.deliveries.take_left():
                self.poster.deliver(pending)
