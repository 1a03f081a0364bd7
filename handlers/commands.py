"""All families of commands; a new family is added here, in two lines."""

from __future__ import annotations

from bot.command import Table
from handlers import (
    approve,
    audit,
    authority,
    autolock,
    create,
    credentials,
    deploy,
    help,  # noqa: A004 - the family of the command `help`
    hold,
    membership,
    network,
    node,
    node_change,
    node_rm,
    queue,
    rebalance,
    remove,
    scale,
    service,
    stack,
    status,
    stored,
    swarm,
    update,
)

TABLE = Table(
    (
        *status.COMMANDS,
        *deploy.COMMANDS,
        *service.COMMANDS,
        *create.COMMANDS,
        *update.COMMANDS,
        *scale.COMMANDS,
        *rebalance.COMMANDS,
        *remove.COMMANDS,
        *node.COMMANDS,
        *node_change.COMMANDS,
        *node_rm.COMMANDS,
        *stack.COMMANDS,
        *network.COMMANDS,
        *stored.COMMANDS,
        *swarm.COMMANDS,
        *membership.COMMANDS,
        *credentials.COMMANDS,
        *autolock.COMMANDS,
        *authority.COMMANDS,
        *hold.COMMANDS,
        *audit.COMMANDS,
        *approve.COMMANDS,
        *queue.COMMANDS,
        *help.COMMANDS,
    )
)
