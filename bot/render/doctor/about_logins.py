"""What the doctor says of credentials for registries."""

from __future__ import annotations

from bot.model.advice_facts import LoginMissing, OldLogins
from bot.model.english import listed
from bot.model.slash import SLASH
from bot.render.doctor.advice_text import AdviceText, about_all
from bot.render.registry_logins import looked

_REFRESH = "service update --with-registry-auth"


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
    first = facts.refreshable[0][1] if facts.refreshable else ""
    anew = [name for name in facts.services if name not in {n for _, n in facts.refreshable}]
    fixes = (
        f"`{SLASH} {_REFRESH} {first}`, which restarts nothing" if first else "",
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
    buttons = tuple((f"Refresh {name}", f"{_REFRESH} {id_}") for id_, name in facts.refreshable)
    return AdviceText(advice.text, advice.fix, advice.several, advice.names, buttons)


def login_missing(facts: LoginMissing) -> AdviceText:
    """Credentials that are configured and cannot be read."""
    return AdviceText(
        f"{listed(facts.services)}: {looked(facts.source)}",
        "Until then the nodes go on with what Swarm has stored; the bot reads it anew at the next "
        "command",
    )
