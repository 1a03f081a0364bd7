"""Commands about services."""

from handlers.service import (
    create,
    deploy,
    read,
    rebalance,
    remove,
    rollback,
    rollout,
    scale,
    unfollow,
    update,
)

COMMANDS = (
    *deploy.COMMANDS,
    *rollback.COMMANDS,
    *rollout.COMMANDS,
    *unfollow.COMMANDS,
    *read.COMMANDS,
    *create.COMMANDS,
    *update.COMMANDS,
    *scale.COMMANDS,
    *rebalance.COMMANDS,
    *remove.COMMANDS,
)
