"""The deploys that the bot asks for itself: sent like those of CI, so that they obey the same
rules, and their end is known wherever it comes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from bot.command import masking
from bot.errors import StoreUnavailableError, SwarmbotError
from bot.model import Place
from bot.model.new_image import NewImage
from bot.model.sent_command import SentCommand, SentState, number_at
from bot.pipeline.pipeline import Pipeline
from bot.pipeline.request import Request
from bot.policy.auto_actor import auto_actor

log = logging.getLogger(__name__)

DEPLOY = "deploy"


@dataclass(frozen=True)
class AutoDeploys:
    """Begins them, and says how they stand."""

    pipeline: Pipeline
    pool: Executor
    now: Callable[[], datetime]

    def begin(self, offer: NewImage) -> None:
        """Send the deploy under the id that the offer has for it."""
        now, table = self.now(), self.pipeline.table
        actor = auto_actor(self.pipeline.settings, offer.command)
        command = table.by_name[DEPLOY].model_validate(
            {"service": offer.service_id, "image": offer.deployable}
        )
        self.pipeline.store.commands.create(
            SentCommand(
                id=offer.command,
                number=number_at(now),
                caller=actor.id,
                asked_by=actor.name,
                line=masking.shown_line(command, table),
                created=now,
                changed=now,
            )
        )
        self.pool.submit(self.pipeline.execute, Request("", actor, Place(""), command))

    def sent(self, command_id: str) -> SentCommand | None:
        """The deploy as it stands; None where it was never sent."""
        return self.pipeline.store.commands.get(command_id)

    def take_back(self, command_id: str) -> None:
        """Withdraw it where it still waits for approval; what runs goes on."""
        sent = self.sent(command_id)
        if sent is None or sent.state is not SentState.WAITING or not sent.approval:
            return
        actor = auto_actor(self.pipeline.settings, command_id)
        try:
            self.pipeline.withdraw(actor, sent.approval)
        except StoreUnavailableError:
            raise
        except SwarmbotError as error:
            log.info("%s is not taken back: %s", sent.line, type(error).__name__)
