"""Makes rules name commands by their full names, and none that there is not; pure.

The settings do not know the commands, so this is done where both are known, before anything is
decided by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from bot.errors import InvalidSettingError
from bot.policy.decide import EVERY_CHANGE
from bot.policy.patterns import is_pattern
from bot.settings import PolicyRule, Settings


def with_full_names(settings: Settings, full_names: Mapping[str, str]) -> Settings:
    """The settings with rules and `[reads]` in which each command has its full name.

    `full_names`: by every name that may be typed, the full name. Raises InvalidSettingError for
    what fits no command.
    """
    rules = tuple(
        _named(rule, f"rules.{number}", full_names) for number, rule in enumerate(settings.rules)
    )
    reads = settings.reads
    guests = _all_meant(reads.guests, "reads.guests", full_names)
    strangers = _all_meant(reads.strangers, "reads.strangers", full_names)
    reads = reads.model_copy(update={"guests": guests, "strangers": strangers})
    return settings.model_copy(update={"rules": rules, "reads": reads})


def _named(rule: PolicyRule, where: str, full_names: Mapping[str, str]) -> PolicyRule:
    return rule.model_copy(update={"commands": _all_meant(rule.commands, where, full_names)})


def _all_meant(globs: Iterable[str], where: str, full_names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for glob in globs for name in _meant(glob, where, full_names)))


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
