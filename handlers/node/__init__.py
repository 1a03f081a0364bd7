"""Commands about nodes."""

from handlers.node import change, read, remove

COMMANDS = (
    *read.COMMANDS,
    *change.COMMANDS,
    *remove.COMMANDS,
)
