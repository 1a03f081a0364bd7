"""Commands about the Swarm itself: founding, joining, settings, keys and certificates."""

from handlers.swarm import ca, info, init, join, leave, settings, tokens, unlock

COMMANDS = (
    *info.COMMANDS,
    *init.COMMANDS,
    *settings.COMMANDS,
    *join.COMMANDS,
    *leave.COMMANDS,
    *tokens.COMMANDS,
    *unlock.COMMANDS,
    *ca.COMMANDS,
)
