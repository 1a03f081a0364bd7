"""Commands about services."""

from handlers.service import create, deploy, read, rebalance, remove, scale, update

COMMANDS = (
    *deploy.COMMANDS,
    *read.COMMANDS,
    *create.COMMANDS,
    *update.COMMANDS,
    *scale.COMMANDS,
    *rebalance.COMMANDS,
    *remove.COMMANDS,
)
