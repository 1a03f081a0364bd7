"""`swarmbot rules explain`: which rule decides about a line, and why."""

from __future__ import annotations

import pytest

from bot.check import explain_rules
from bot.model import Actor
from bot.model.danger import Grant
from bot.settings import PolicyRule, Role, Settings

SETTINGS = Settings(
    roles=(Role(name="dev", users=("U1",)), Role(name="lead", groups=("S0LEADS",))),
    rules=(
        PolicyRule(commands=("scale",), ask=("dev",), approve=("lead",), over_replicas=5),
        PolicyRule(
            commands=("*",), services=("web*",), ask=("dev", "lead"), grants=(Grant.MOUNTS,)
        ),
        PolicyRule(commands=("*", "audit"), ask=("lead",)),
    ),
)
DEV, LEAD = Actor("U1", "U1"), Actor("U2", "U2", frozenset({"S0LEADS"}))


@pytest.mark.parametrize(
    ("actor", "line", "said"),
    [
        (DEV, "scale web=3", "service scale on web: allowed after 1 approval of lead, above 5"),
        (DEV, "deploy web shop/web:1", "deploy on web: allowed at once: rule 2 decides"),
        (DEV, "deploy web shop/web:1", "grants mounts, images *"),
        (DEV, "deploy payroll x:1", "deploy on payroll: refused: rule 3 decides"),
        (DEV, "deploy payroll x:1", "only lead may ask"),
        (LEAD, "deploy payroll x:1", "U2 has the roles lead"),
        (LEAD, "node rm node4", "node rm: allowed at once: rule 3 decides"),
        (DEV, "audit", "audit: refused, for rules name it"),
        (DEV, "services", "service ls: allowed, for no rule names this read"),
        (DEV, "certs --workers", "certs workers: refused: rule 3 decides"),
        (DEV, "service create --name web1 x:1", "service create on web1: allowed at once"),
    ],
)
def test_it_says_which_rule_decides_and_why(actor: Actor, line: str, said: str) -> None:
    assert said in "\n".join(explain_rules(SETTINGS, actor, line))
