"""What the doctor says of credentials for registries."""

from __future__ import annotations

from bot.model.advice_facts import LoginMissing, OldLogins
from bot.model.english import listed
from bot.model.slash import SLASH
from bot.render.doctor.advice_text import AdviceText, about_all
from bot.render.registry_logins import looked

_REFRESH = "service refresh-login"
_NAMED = 3
_MOST_AT_ONCE = 60
"""A button takes 2000 characters, and an id has 25."""


def old_logins(facts: OldLogins) -> AdviceText:
    """Credentials that are too old, or may be, when a node fails."""
    host, place = facts.source.host, facts.source.place
    if facts.is_certain:
        stored = f"older credentials for {host} stored than `{place}` has now, as far as is known"
        text_of_one = f"has {stored}: a node that lacks the image may not get it"
        text_of_many = f"have {stored}: a node that lacks an image may not get it"
    else:
        unseen = f"no credentials for {host} from the bot: nobody can see which Swarm has stored"
        text_of_one, text_of_many = f"has {unseen}", f"have {unseen}"
    some = " ".join(name for _, name in facts.refreshable[:_NAMED])
    anew = [name for name in facts.services if name not in {n for _, n in facts.refreshable}]
    fixes = (
        f"`{SLASH} {_REFRESH} {some}`, which restarts nothing" if some else "",
        f"{listed(anew)}: by the next deploy, since tasks that have ended would run again"
        if anew
        else "",
    )
    advice = about_all(
        facts.services,
        "services",
        text_of_one,
        text_of_many,
        "; ".join(fix for fix in fixes if fix),
    )
    return AdviceText(advice.text, advice.fix, advice.several, advice.names, _button(facts))


def _button(facts: OldLogins) -> tuple[tuple[str, str], ...]:
    some = facts.refreshable[:_MOST_AT_ONCE]
    if not some:
        return ()
    label = f"Refresh {some[0][1]}" if len(some) == 1 else f"Refresh {len(some)} services"
    return ((label, " ".join((_REFRESH, *(id_ for id_, _ in some)))),)


def login_missing(facts: LoginMissing) -> AdviceText:
    """Credentials that are configured and cannot be read."""
    return AdviceText(
        f"{listed(facts.services)}: {looked(facts.source)}",
        "Until then the nodes go on with what Swarm has stored; the bot reads it anew at the next "
        "command",
    )
