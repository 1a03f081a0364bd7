"""Commands about services."""

from handlers.service import (
    create,
    deploy,
    inspect,
    logs,
    read,
    rebalance,
    refresh_login,
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
    *inspect.COMMANDS,
    *logs.COMMANDS,
    *create.COMMANDS,
    *update.COMMANDS,
    *scale.COMMANDS,
    *rebalance.COMMANDS,
    *refresh_login.COMMANDS,
    *remove.COMMANDS,
)
