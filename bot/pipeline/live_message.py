"""The one message of a change in its channel.

It is posted when there is something to see, and then edited in place to the end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.errors import StoreUnavailableError, SwarmbotError
from bot.model import Message, MessageRef, Outcome, Plan, Progress, Rollout
from bot.poster import Elsewhere, Handle, Poster
from bot.render import plans, unreachable
from bot.render.errors import explain
from bot.render.rollout import details, rollout_message
from bot.store.store import Store

log = logging.getLogger(__name__)


@dataclass
class LiveMessage:
    """Shows one change. After a restart it goes on with `message`.

    Where its channel takes nothing any more, it goes on in the direct messages of the `asker` (a
    user's id).
    """

    poster: Poster
    store: Store
    channel: str
    thread: str
    run_id: str
    now: Callable[[], datetime]
    message: Handle | MessageRef | None = None
    rollout: Rollout | None = None
    footer: str = ""
    asker: str = ""

    def show(self, rollout: Rollout, progress: Progress) -> None:
        """Show where the rollout stands."""
        self.rollout = rollout
        self._put(rollout_message.rolling(rollout, progress, self.now()))

    def tell(self, message: Message) -> None:
        """Show how far a change has come that is no rollout of a service."""
        self._put(message)

    def ended(self, outcome: Outcome, plan: Plan | None) -> None:
        """Show how it ended, with the details in the thread."""
        if outcome.private:
            return
        if outcome.rollout is None:
            if plan:
                self._put(plans.ended(plan, outcome, self.footer), final=True)
            return
        self.rollout = outcome.rollout
        handle = self._put(rollout_message.ended(outcome), final=True)
        self.poster.reply(handle, details.details(outcome))

    def failed(self, error: Exception) -> bool:
        """Show why it could not go on.

        False where nothing was shown yet, so that only who asked needs to know.
        """
        if self.rollout is None and self.message is None:
            return False
        if self.rollout is None:
            self._put(
                explain.explain(error if isinstance(error, SwarmbotError) else SwarmbotError()),
                final=True,
            )
            return isinstance(error, SwarmbotError)
        self._put(
            rollout_message.failed(
                self.rollout, error if isinstance(error, SwarmbotError) else None
            ),
            final=True,
        )
        return True

    def _put(self, content: Message, final: bool = False) -> Handle:
        elsewhere = Elsewhere((self.asker,), unreachable.said_here) if self.asker else None
        if self.message is None:
            self.message = self.poster.post(
                self.channel, content, self.thread, self._posted, elsewhere=elsewhere
            )
            return self.message
        self.message = self.poster.edit(
            self.message, content, final, self._posted, elsewhere=elsewhere
        )
        return self.message

    def _posted(self, ref: MessageRef) -> None:
        try:
            self.store.rollouts.posted(self.run_id, ref)
        except StoreUnavailableError:
            log.warning("the message of %s could not be remembered: Redis is away", self.run_id)
