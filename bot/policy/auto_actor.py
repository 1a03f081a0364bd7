"""Who deploys new images by itself: the bot, as CI with the role that the file gives it; pure."""

from __future__ import annotations

from bot.model import Actor, Standing
from bot.model.pipeline_caller import CI_ID, Origin, PipelineRights
from bot.settings import Settings

AUTO_NAME = "auto"
"""What no token may be called, for whoever has it would be taken for the bot."""
AUTO_CREDENTIAL = ":auto"
"""In place of a token or an entry of `[[ci]]`, neither of which is called like that."""


def auto_actor(settings: Settings, command: str = "") -> Actor:
    """The bot as it asks for the deploy of a new image, by this command (its id)."""
    role = settings.images.role
    rights = PipelineRights(frozenset({role} if role else ()), ("*",), AUTO_CREDENTIAL)
    origin = Origin(command) if command else None
    return Actor(
        f"{CI_ID}{AUTO_NAME}",
        f"CI {AUTO_NAME}",
        standing=Standing.PIPELINE,
        rights=rights,
        origin=origin,
    )
