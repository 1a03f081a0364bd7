"""Looking at secrets and configs: that they are there, and who uses them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from bot.command.fields import Argument, Name
from bot.command.list_flags import InspectFlags, ListFlags
from bot.command.model import Command, Context, Query
from bot.model import Message
from bot.model.cluster import Stored
from bot.render.cli import objects
from bot.render.cli.listing import none_fits
from bot.render.objects import secrets_configs
from bot.swarm import filters
from bot.swarm.objects import used_by


class StoredList(ListFlags, Query):
    """A list of secrets or of configs."""

    conditions: ClassVar = filters.STORED
    kind_of_object: ClassVar[str]

    def listed(self, context: Context, every: tuple[Stored, ...]) -> Message:
        """One call to an engine, and one for the services where their users are shown."""
        fitting = self.kept(every)
        if self.printed:
            return self.print(objects.stored(fitting, context.now()), self.full_name())
        if self.filter and not fitting:
            return none_fits(self.kind_of_object, self.filter)
        services = context.swarm.services.list()
        users = used_by.of_stored(fitting, services)
        return secrets_configs.listed(self.kind_of_object, fitting, users, context.now())


class SecretLs(StoredList):
    """List the secrets by name, with the services that use them; never what is in them."""

    names: ClassVar = ("secret ls", "secret list")
    kind_of_object: ClassVar = "secret"

    def run(self, context: Context) -> Message:
        """Two calls to an engine."""
        return self.listed(context, context.swarm.stored_objects.secrets())


class ConfigLs(StoredList):
    """List the configs by name, with the services that use them; never what is in them."""

    names: ClassVar = ("config ls", "config list")
    kind_of_object: ClassVar = "config"

    def run(self, context: Context) -> Message:
        """Two calls to an engine."""
        return self.listed(context, context.swarm.stored_objects.configs())


class StoredInspect(InspectFlags, Query):
    """A look at single secrets or configs."""

    def inspected(
        self, context: Context, kind: Literal["secret", "config"], names: tuple[str, ...]
    ) -> Message:
        """One call to an engine for each, and one for the services that use them."""
        objects_ = [context.swarm.stored_objects.find(kind, name) for name in names]
        if self.printed:
            stored_objects = context.swarm.stored_objects
            documents = [stored_objects.document(kind, stored) for stored in objects_]
            return self.print(documents, self.full_name())
        services = context.swarm.services.list()
        users = used_by.of_stored(objects_, services)
        return secrets_configs.listed(kind, objects_, users, context.now())


class SecretInspect(StoredInspect):
    """Show secrets with the services that use them; never what is in them."""

    names: ClassVar = ("secret inspect",)
    examples: ClassVar = ("secret inspect key",)

    secrets: Annotated[tuple[Name, ...], Argument("SECRET")] = Field(min_length=1)

    def run(self, context: Context) -> Message:
        """Two calls to an engine."""
        return self.inspected(context, "secret", self.secrets)


class ConfigInspect(StoredInspect):
    """Show configs with the services that use them; never what is in them."""

    names: ClassVar = ("config inspect",)
    examples: ClassVar = ("config inspect conf",)

    configs: Annotated[tuple[Name, ...], Argument("CONFIG")] = Field(min_length=1)

    def run(self, context: Context) -> Message:
        """Two calls to an engine."""
        return self.inspected(context, "config", self.configs)


COMMANDS: tuple[type[Command], ...] = (SecretLs, SecretInspect, ConfigLs, ConfigInspect)
