"""All families of commands; a new family is added here, in two lines."""

from __future__ import annotations

from bot.command import Table
from handlers import (
    alerts,
    approve,
    audit,
    authority,
    autolock,
    certs,
    create,
    credentials,
    deploy,
    doctor,
    help,  # noqa: A004 - the family of the command `help`
    hold,
    map,  # noqa: A004 - the family of the command `map`
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
        *alerts.COMMANDS,
        *certs.COMMANDS,
        *doctor.COMMANDS,
        *deploy.COMMANDS,
        *service.COMMANDS,
        *create.COMMANDS,
        *update.COMMANDS,
        *scale.COMMANDS,
        *rebalance.COMMANDS,
        *remove.COMMANDS,
        *map.COMMANDS,
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
