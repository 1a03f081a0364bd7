"""Help: all commands at a glance, and one command with its flags and examples."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from bot.model import Message
from bot.model.slash import SLASH
from bot.render.slack.blocks import context, message, section
from bot.render.slack.fence import pairs
from bot.render.slack.text import code, escape, preformatted, prose

_SUMMARY_CHARACTERS = 70
_CLAUSE = re.compile("[;:] ")


@dataclass(frozen=True, slots=True)
class FlagHelp:
    """A flag: its spellings (`-p, --publish`), the form of its value, and what it does.

    `value` is empty for a switch.
    """

    name: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """A command: its form, a sentence, its flags, lines to copy (without `/swarm`), other names."""

    usage: str
    summary: str
    options: tuple[FlagHelp, ...] = ()
    examples: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Commands that belong together, each with its form and one sentence."""

    title: str
    commands: tuple[CommandHelp, ...]


def overview(groups: Iterable[Group]) -> Message:
    """All commands, group by group."""
    shown = [group for group in groups if group.commands]
    blocks = [section(f"*{escape(group.title)}*\n{_commands(group)}") for group in shown]
    return message(
        f"swarmbot · what you can type after {SLASH}",
        [
            (
                f"Every {code('docker')} line for a Swarm works. {code(f'{SLASH} help COMMAND')} "
                "shows one with its flags."
            )
        ],
        [
            *blocks,
            *context("In a thread, mention swarmbot instead: slash commands do not work there"),
        ],
    )


def command_help(spec: CommandHelp) -> Message:
    """One command: its form, its flags, examples."""
    options = [(f"{option.name} {option.value}".strip(), option.text) for option in spec.options]
    examples = "\n".join(f"{SLASH} {line}" for line in spec.examples)
    also = f"also: {', '.join(code(alias) for alias in spec.aliases)}" if spec.aliases else ""
    return message(
        f"{SLASH} {escape(spec.usage)}",
        [prose(spec.summary)],
        [
            *([section(preformatted(examples))] if examples else []),
            *([section(preformatted(pairs(options)))] if options else []),
            *context(also),
        ],
    )


def _commands(group: Group) -> str:
    """A line for each: it wraps where a screen is narrow, as no column does."""
    return "\n".join(
        f"{code(command.usage.replace(' [OPTIONS]', ''))} {prose(_in_short(command.summary))}"
        for command in group.commands
    )


def _in_short(summary: str) -> str:
    """The first sentence; of a long one what stands before its list or its afterthought."""
    first = " ".join(summary.split()).partition(". ")[0].rstrip(".")
    if len(first) <= _SUMMARY_CHARACTERS:
        return first
    clauses = [match.start() for match in _CLAUSE.finditer(first, 0, _SUMMARY_CHARACTERS + 1)]
    end = clauses[-1] if clauses else first.find(", ")
    clause = first[:end] if end > 0 else first
    return textwrap.shorten(clause, _SUMMARY_CHARACTERS, placeholder=" …")
