"""Commands about the Swarm itself: founding, joining, settings, keys and certificates."""

from handlers.swarm import ca, join_leave, settings, tokens, unlock

COMMANDS = (
    *settings.COMMANDS,
    *join_leave.COMMANDS,
    *tokens.COMMANDS,
    *unlock.COMMANDS,
    *ca.COMMANDS,
)
