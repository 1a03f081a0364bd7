"""Help, generated from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from bot.command.fields import Argument
from bot.command.model import Command, Context, Query
from bot.command.parameters import parameters, usage
from bot.command.suggestions import nearest
from bot.errors import UnknownCommandError
from bot.model import Kind, Message
from bot.policy import decide
from bot.render import help_message


class Help(Query):
    """Show what can be asked for, or how one command is written."""

    names: ClassVar = ("help",)
    examples: ClassVar = ("help", "help deploy")

    command: Annotated[tuple[str, ...], Argument("COMMAND")] = ()

    def run(self, context: Context) -> Message:
        """Only commands that the caller may run are listed."""
        if not self.command:
            return help_message.overview(
                _groups(command for command in context.table.commands if may(command, context))
            )
        match = context.table.find(self.command)
        if match is None:
            raise UnknownCommandError(" ".join(self.command), nearest(self.command, context.table))
        return help_message.command_help(_page(match[0]))


COMMANDS: tuple[type[Command], ...] = (Help,)


def may(command: type[Command], context: Context) -> bool:
    """Whether the one who asks may run it, on whatever service."""
    if command.kind is Kind.READ:
        return (
            decide.may_read(context.actor, command.full_name(), context.settings) == decide.Allow()
        )
    return decide.may_ask(context.actor, command.full_name(), context.settings)


def _groups(commands: Iterable[type[Command]]) -> list[help_message.Group]:
    listed = tuple(commands)
    looking = tuple(_entry(command) for command in listed if command.kind is Kind.READ)
    changing = tuple(_entry(command) for command in listed if command.kind is not Kind.READ)
    return [help_message.Group("Change", changing), help_message.Group("Look", looking)]


def _entry(command: type[Command]) -> help_message.CommandHelp:
    return help_message.CommandHelp(usage(command), command.summary())


def _page(command: type[Command]) -> help_message.CommandHelp:
    options = (
        help_message.FlagHelp(", ".join(param.spellings), param.metavar, param.text)
        for param in parameters(command)
        if param.spellings
    )
    text = " ".join((command.__doc__ or "").split())
    return help_message.CommandHelp(
        usage(command), text, tuple(options), command.examples, command.names[1:]
    )
