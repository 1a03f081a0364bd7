"""The commands that the composer offers: those of the bot itself, as its help writes them."""

from functools import cache

from bot.command.parameters import usage
from handlers.commands import TABLE


@cache
def offered() -> tuple[dict[str, str], ...]:
    """Every command with its form and what it does, in the order of their names."""
    listed = []
    for command in TABLE.commands:
        form = usage(command)
        for name in command.names:
            tail = form.removeprefix(command.names[0])
            listed.append({"name": name, "usage": f"{name}{tail}", "summary": command.summary()})
    return tuple(sorted(listed, key=lambda command: command["name"]))
