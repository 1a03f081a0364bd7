"""Lines whose last argument is free text, such as the reason of a hold.

Nobody quotes what they would say: an apostrophe opens no quote there, a dash begins no flag, and
the rest of the line is the text. Only flags that the command has stay flags.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.command.fields import FreeText
from bot.command.flags import HELP_FLAGS, near_flags
from bot.command.model import Command
from bot.command.parameters import Parameter, parameters

_WORD = re.compile(r"""(?:--[\w-]+=)?(?:'[^']*'|"[^"]*")+(?!\S)|\S+""")
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_DASHES = str.maketrans({"–": "--", "—": "--", "‐": "-", "‑": "-", "−": "-"})


def has_free_text(command: type[Command]) -> bool:
    """Whether its last argument is free text."""
    return any(
        isinstance(mark, FreeText)
        for field in command.model_fields.values()
        for mark in field.metadata
    )


def tokens(line: str) -> list[str]:
    """The words of a line, still quoted where quotes stand around a whole word."""
    return _WORD.findall(line)


def words(command: type[Command], given: Sequence[str]) -> list[str]:
    """What follows the name of such a command as its flags, `--`, and its arguments."""
    params = parameters(command)
    before_text = sum(not param.spellings for param in params) - 1
    flags, arguments, rest = list[str](), list[str](), list(given)
    while rest:
        word = _unquoted(rest.pop(0))
        flag = word.translate(_DASHES)
        if word == "--":
            arguments += map(_unquoted, rest)
            break
        param = _param(flag, params)
        begun = len(arguments) > before_text
        if param is None and not _is_slip(flag, params, begun, len(rest)):
            arguments.append(word)
            continue
        flags.append(flag)
        if param and not param.switch and "=" not in flag and rest:
            flags.append(_unquoted(rest.pop(0)))
    return [*flags, "--", *arguments]


def _param(flag: str, params: Sequence[Parameter]) -> Parameter | None:
    name = flag.partition("=")[0]
    return next((param for param in params if name in param.spellings), None)


def _is_slip(flag: str, params: Sequence[Parameter], begun: bool, left: int) -> bool:
    """Whether it is a flag that was mistyped: it is refused, and not taken for text.

    That is any flag before the text has begun, and one at the end of the line, where flags stand,
    that looks like one of these.
    """
    if not flag.startswith("-") or flag.strip("-") == "" or flag[1:].isdigit():
        return False
    if not begun or flag in HELP_FLAGS:
        return True
    return left == (0 if "=" in flag else 1) and bool(near_flags(flag, params))


def _unquoted(word: str) -> str:
    """A word without the quotes around it, or around the value of its flag."""
    flag, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    quoted = value[:1] in ("'", '"') and not _QUOTED.sub("", value)
    return flag + equals + ("".join(a or b for a, b in _QUOTED.findall(value)) if quoted else value)
