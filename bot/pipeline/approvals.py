"""Asking for approval: the request, its message, and what comes of it when somebody decides."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bot.command import line
from bot.command.model import Change, Table, written
from bot.errors import StoreUnavailableError, SwarmbotError
from bot.model import Actor, Message, MessageRef, Plan
from bot.model.approval import Approval, Needs
from bot.policy import approval_steps, decide
from bot.poster import Poster
from bot.render import approval_message
from bot.settings import Settings
from bot.store.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ApprovalFlow:
    """Requests for approval as people meet them: one message each, through all its life.

    `verified` reads anew who somebody is, so that a right counts only while it lasts. `bot` names
    this replica.
    """

    store: Store
    poster: Poster
    settings: Settings
    table: Table
    now: Callable[[], datetime]
    verified: Callable[[Actor], Actor]
    bot: str
    unremembered: dict[str, MessageRef] = field(default_factory=dict)
    """Messages of requests, by their ids, that Redis was away for."""

    def ask(
        self,
        command: Change[Plan],
        plan: Plan,
        ask: decide.Ask,
        actor: Actor,
        where: tuple[str, str],
    ) -> Approval:
        """Store the request, and show its plan to those who decide. `where`: channel and thread."""
        now, lifetime = self.now(), self.settings.approval_lifetime
        approval = Approval(
            id=secrets.token_hex(4),
            command=written(command),
            line=line.write(command),
            actor=actor,
            plan=approval_steps.bare(plan),
            needs=needs(ask),
            asked=now,
            expires=now + lifetime,
            channel=where[0],
            thread=where[1],
            lifetime=lifetime,
        )
        self.store.approvals.create(approval)
        self.show(approval)
        return approval

    def show(self, approval: Approval) -> None:
        """Bring its message up to date; it is posted anew where there is none, or where somebody
        deleted it."""
        message = approval_message.shown(approval, self._people(approval))
        if approval.message:
            self.poster.edit(approval.message, message, True, self._remember(approval))
        else:
            self.poster.post(approval.channel, message, approval.thread, self._remember(approval))

    def remember(self) -> None:
        """Write down where messages stand, so that every bot goes on in them;
        `StoreUnavailableError` where Redis is away still."""
        for approval_id, ref in tuple(self.unremembered.items()):
            self.store.approvals.posted(approval_id, ref)
            self.unremembered.pop(approval_id, None)

    def tell(self, approval: Approval, message: Message) -> None:
        """Say something in its thread."""
        if approval.message:
            self.poster.reply(approval.message, message)

    def remind(self, approval: Approval) -> None:
        """Notify those who decide that half of the time is over."""
        self.tell(approval, approval_message.reminder(approval, self._people(approval)))

    def ended(self, approval: Approval) -> None:
        """Show how it ended, and tell who asked."""
        self.show(approval)
        self.tell(approval, approval_message.told(approval))

    def settle(self, approval: Approval, result: str) -> None:
        """End what needs no run any more, and show it."""
        ended = self.store.approvals.apply(
            approval.id, lambda one: approval_steps.finish(one, result, self.now())
        )
        if ended:
            self.show(ended)

    # ---- on the way to the run

    def recounted(self, approval: Approval, plan: Plan) -> Approval | None:
        """Count the approvals again by the rules and roles of now; None where they are no longer
        enough, which is shown."""
        asked = self.decision(approval, plan)
        wanted = needs(asked) if isinstance(asked, decide.Ask) else approval.needs
        counted = self.store.approvals.apply(
            approval.id,
            lambda one: approval_steps.recheck(
                one, wanted, lambda actor: self.roles(self.verified(actor))
            ),
        )
        if counted and counted.missing:
            self.show(counted)
            return None
        return counted

    def renew(self, approval: Approval, plan: Plan) -> None:
        """Replace the request by one for the plan of now, in the same message."""
        asked = self.decision(approval, plan)
        wanted = needs(asked) if isinstance(asked, decide.Ask) else approval.needs
        successor = approval_steps.renewed(approval, secrets.token_hex(4), plan, wanted, self.now())
        supersede = partial(approval_steps.supersede, successor=successor, now=self.now())
        if self.store.approvals.replace(approval.id, successor, supersede):
            self.show(successor)

    def decision(self, approval: Approval, plan: Plan) -> decide.Decision:
        """What the policy says now about what was asked then."""
        return decide.decide(
            self.verified(approval.actor), str(approval.command["command"]), plan, self.settings
        )

    def restored(self, approval: Approval) -> Change[Plan]:
        """The command that waited."""
        command = self.table.by_name[str(approval.command["command"])].model_validate(
            approval.command["flags"]
        )
        assert isinstance(command, Change), "only changes wait for approval"
        return command

    def give_up(self, approval: Approval, why: str) -> bool:
        """Note that it does not run after all; False where another thread or bot took it meanwhile,
        or Redis is away."""
        try:
            return bool(
                self.store.approvals.apply(
                    approval.id, lambda one: approval_steps.give_up(one, why, self.now())
                )
            )
        except SwarmbotError:
            log.warning("the end of request %s could not be recorded", approval.id)
            return False

    def roles(self, actor: Actor) -> frozenset[str]:
        """The roles that somebody has now."""
        return decide.roles(actor, self.settings)

    def _people(self, approval: Approval) -> tuple[str, ...]:
        """Whom to notify: users and groups of the roles that decide, but not who asked."""
        deciding = [role for role in self.settings.roles if role.name in approval.needs.roles]
        ids = [one for role in deciding for one in (*role.users, *role.groups)]
        return tuple(
            dict.fromkeys(
                one for one in ids if one != approval.actor.id or approval.needs.self_approval
            )
        )

    def _remember(self, approval: Approval) -> Callable[[MessageRef], None]:
        def remember(ref: MessageRef) -> None:
            self.unremembered[approval.id] = ref
            try:
                self.remember()
            except StoreUnavailableError:
                log.warning("the message of request %s cannot be remembered yet", approval.id)

        return remember


def needs(ask: decide.Ask) -> Needs:
    """What a decision asks for, as a request keeps it."""
    return Needs(ask.roles, ask.approvals, ask.self_approval)
