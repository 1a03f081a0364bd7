"""Help, generated from the commands themselves."""

from __future__ import annotations

from typing import Annotated, ClassVar

from bot import line, policy
from bot.command import Command, Context, Query
from bot.errors import UnknownCommand
from bot.fields import Argument
from bot.model import Kind, Message
from bot.render import help as pages


class Help(Query):
    """Show what can be asked for, or how one command is written."""

    names: ClassVar = ("help",)
    examples: ClassVar = ("help", "help deploy")

    command: Annotated[tuple[str, ...], Argument("COMMAND")] = ()

    def run(self, context: Context) -> Message:
        """Only commands that the caller may run are listed."""
        if not self.command:
            return pages.overview([_entry(command) for command in context.table.commands if _may(command, context)])
        found = context.table.find(self.command)
        if found is None:
            raise UnknownCommand(" ".join(self.command), line.nearest(self.command, context.table))
        return pages.command_help(_page(found[0]))


COMMANDS: tuple[type[Command], ...] = (Help,)


def _may(command: type[Command], context: Context) -> bool:
    if command.kind is Kind.READ:
        return policy.may_read(context.actor, command.name(), context.settings) == policy.Allow()
    return policy.may_ask(context.actor, command.name(), context.settings)


def _entry(command: type[Command]) -> pages.Entry:
    return pages.Entry(command.name(), command.names[1:], _first_line(command), command.kind)


def _page(command: type[Command]) -> pages.Page:
    options = [
        pages.OptionLine(", ".join(param.spellings), param.metavar, param.text)
        for param in line.parameters(command)
        if param.spellings
    ]
    return pages.Page(line.usage(command), command.__doc__ or "", command.names[1:], tuple(options), command.examples)


def _first_line(command: type[Command]) -> str:
    return (command.__doc__ or "").strip().partition("\n")[0].rstrip(".")
