"""Makes rules name commands by their full names, and none that there is not; pure.

The settings do not know the commands, so this is done where both are known, before anything is
decided by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from bot.errors import InvalidSettingError
from bot.policy.decide import EVERY_CHANGE
from bot.policy.patterns import is_pattern
from bot.settings import PolicyRule, Settings


def with_full_names(settings: Settings, full_names: Mapping[str, str]) -> Settings:
    """The settings with rules in which each command has its full name.

    `full_names`: by every name that may be typed, the full name. Raises InvalidSettingError for
    what fits no command.
    """
    rules = tuple(
        _named(rule, f"rules.{number}", full_names) for number, rule in enumerate(settings.rules)
    )
    return settings.model_copy(update={"rules": rules})


def _named(rule: PolicyRule, where: str, full_names: Mapping[str, str]) -> PolicyRule:
    names = dict.fromkeys(
        name for glob in rule.commands for name in _meant(glob, where, full_names)
    )
    return rule.model_copy(update={"commands": tuple(names)})


def _meant(glob: str, where: str, full_names: Mapping[str, str]) -> tuple[str, ...]:
    """The full names of the commands of which some name fits."""
    if glob == EVERY_CHANGE:
        return (glob,)
    meant = tuple(
        dict.fromkeys(full for name, full in full_names.items() if fnmatchcase(name, glob))
    )
    if not meant:
        kind = "no command fits" if is_pattern(glob) else "there is no command named"
        near = get_close_matches(glob.lower(), full_names, n=1, cutoff=0.6)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InvalidSettingError(where, f"{kind} {glob}{hint}")
    return meant
