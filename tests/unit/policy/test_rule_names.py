"""Rules name commands that there are, by whichever of their names."""

from __future__ import annotations

import pytest

from bot.errors import InvalidSettingError
from bot.policy.rule_names import with_full_names
from bot.settings import PolicyRule, Role, Settings
from handlers.commands import TABLE

ROLES = (Role(name="dev", users=("U1",)),)


def named(*commands: str) -> tuple[str, ...]:
    rules = (PolicyRule(commands=commands, ask=("dev",)),)
    settings = with_full_names(Settings(roles=ROLES, rules=rules), TABLE.full_names)
    return settings.rules[0].commands


@pytest.mark.parametrize(
    ("commands", "full"),
    [
        (("scale",), ("service scale",)),
        (("scale", "service scale"), ("service scale",)),
        (("service rollback",), ("rollback",)),
        (("logs",), ("service logs",)),
        (("*",), ("*",)),
        (("join-*",), ("swarm join-token",)),
    ],
)
def test_short_forms_are_what_they_stand_for(
    commands: tuple[str, ...], full: tuple[str, ...]
) -> None:
    assert named(*commands) == full


def test_a_pattern_means_every_command_of_which_some_name_fits() -> None:
    assert {"service scale", "service rm", "rollback"} <= set(named("service *"))
    assert "node rm" not in named("service *")


@pytest.mark.parametrize(
    ("glob", "problem"),
    [
        ("delpoy", "there is no command named delpoy; did you mean deploy?"),
        ("Deploy", "there is no command named Deploy; did you mean deploy?"),
        ("xyzzy", "there is no command named xyzzy"),
        ("servcie *", "no command fits servcie *; did you mean"),
    ],
)
def test_what_fits_no_command_is_refused_with_the_nearest(glob: str, problem: str) -> None:
    with pytest.raises(InvalidSettingError) as refused:
        named("deploy", glob)
    assert refused.value.where == "rules.0"
    assert problem in refused.value.problem
