"""Looking at secrets and configs: that they are there, and who uses them."""

from __future__ import annotations

from typing import ClassVar

from bot.command.model import Command, Context, Query
from bot.model import Message
from bot.model.cluster import Stored
from bot.render.objects import secrets_configs
from bot.swarm.objects import used_by


class SecretLs(Query):
    """List the secrets by name, with the services that use them; never what is in them."""

    names: ClassVar = ("secret ls", "secret list")

    def run(self, context: Context) -> Message:
        """Two calls to an engine."""
        return _listed(context, "secret", context.swarm.stored_objects.secrets())


class ConfigLs(Query):
    """List the configs by name, with the services that use them; never what is in them."""

    names: ClassVar = ("config ls", "config list")

    def run(self, context: Context) -> Message:
        """Two calls to an engine."""
        return _listed(context, "config", context.swarm.stored_objects.configs())


COMMANDS: tuple[type[Command], ...] = (SecretLs, ConfigLs)


def _listed(context: Context, kind: str, objects: tuple[Stored, ...]) -> Message:
    services = context.swarm.services.list()
    return secrets_configs.listed(
        kind,
        objects,
        {stored.id: used_by.of_stored(stored, services) for stored in objects},
        context.now(),
    )
