"""Cause and fix of what is wrong with the bot, and with what it needs."""

from __future__ import annotations

from bot.model.alert_facts import RedisAway, RegistryAway, SlackAway
from bot.render.slack.text import sentence


def redis_away(facts: RedisAway) -> tuple[str, str]:
    """Nothing can be changed."""
    return (
        f"{sentence(facts.reason)} Reading works; changes are refused until it is back.",
        "Look at Redis, and at `REDIS_URL`.",
    )


def slack_away(facts: SlackAway) -> tuple[str, str]:
    """Nobody is told."""
    return (
        f"{sentence(facts.reason)} What is to be said waits.",
        "Look at the network between the bot and Slack.",
    )


def registry_away(facts: RegistryAway, name: str) -> tuple[str, str]:
    """Nothing is known of new images. What runs goes on; what is started anew may need an image."""
    goes_on = "What runs goes on; a node that has to pull from there may not be able to."
    return (
        f"{name} cannot be asked for new images: {facts.reason.rstrip('.')}. {goes_on}",
        "Look at the registry, and at its entry in `[[registries]]`.",
    )
