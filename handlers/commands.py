"""All families of commands; a new family is added here, in two lines."""

from __future__ import annotations

from bot.command.model import Table
from handlers import (
    alerts,
    approvals,
    audit,
    doctor,
    help,  # noqa: A004
    holds,
    image,
    map,  # noqa: A004
    network,
    node,
    queue,
    secret_config,
    service,
    stack,
    status,
    swarm,
)
from handlers.swarm import certs

TABLE = Table(
    (
        *status.COMMANDS,
        *alerts.COMMANDS,
        *certs.COMMANDS,
        *doctor.COMMANDS,
        *service.COMMANDS,
        *map.COMMANDS,
        *node.COMMANDS,
        *stack.COMMANDS,
        *network.COMMANDS,
        *secret_config.COMMANDS,
        *swarm.COMMANDS,
        *holds.COMMANDS,
        *image.COMMANDS,
        *audit.COMMANDS,
        *approvals.COMMANDS,
        *queue.COMMANDS,
        *help.COMMANDS,
    )
)
