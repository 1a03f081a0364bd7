"""Warns before tasks move whose image the next node may not get: Swarm pulls it with the
credentials that it has stored with their service, and these may be of yesterday."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from bot.changes.node_plan import NodesPlan
from bot.command.model import Context
from bot.errors import StoreUnavailableError
from bot.model.english import agree, listed
from bot.model.slash import SLASH
from bot.model.stored_login import LoginState
from bot.rollout import stored_login

_NAMED = 5


def warned(context: Context, plan: NodesPlan) -> NodesPlan:
    """The plan, with a warning where it moves such tasks."""
    services = {move.service.id: move.service for move in plan.moving if not move.bound}
    old: tuple[str, ...] = ()
    with suppress(StoreUnavailableError):
        known = stored_login.known(context.swarm, context.store, services.values())
        old = tuple(
            service.name
            for service in services.values()
            if known.states.get(service.id) is LoginState.OLD
        )
    if not old:
        return plan
    warning = (
        f"{listed(old)} {agree(len(old), 'has', 'have')} old registry credentials stored: a node "
        f"that lacks the image may not get it. First `{SLASH} service refresh-login "
        f"{' '.join(old[:_NAMED])}`, which restarts nothing"
    )
    return replace(plan, warnings=(*plan.warnings, warning))
