"""What the doctor says of certificates and of the Swarm's own settings."""

from __future__ import annotations

from bot.model.advice_facts import AutolockOff, CertificateEnds, RootBeingReplaced, TaskHistoryOdd
from bot.model.slash import SLASH
from bot.render.alerts.alert_reasons import reason
from bot.render.doctor.advice_text import AdviceText


def certificate_ends(facts: CertificateEnds) -> AdviceText:
    """A certificate near its end, in the words of its alert."""
    said = reason(facts.ending, facts.name)
    return AdviceText(f"{facts.name}: {said.cause[:1].lower()}{said.cause[1:]}", said.fix)


def root_being_replaced(facts: RootBeingReplaced) -> AdviceText:
    """A rotation of the root certificate, and who holds it up."""
    rotation, node = facts.rotation, facts.held_up_by
    how_far = f" ({rotation.renewed} of {rotation.total} nodes have theirs)" if rotation else ""
    text = f"the root certificate is being replaced{how_far}"
    if not node:
        return AdviceText(text, f"It goes on by itself: `{SLASH} swarm ca` shows how far it is")
    return AdviceText(
        f"{text}, and {node} holds it up: it is Down",
        f"Bring {node} back, or `{SLASH} node rm {node}`",
    )


def autolock_off(facts: AutolockOff) -> AdviceText:
    """Managers that start without a key."""
    del facts
    return AdviceText(
        "autolock is off: a manager's disk is enough to read the Swarm's secrets; with it, a "
        "manager that restarts has to be unlocked",
        f"`{SLASH} swarm update --autolock=true`",
    )


def task_history_odd(facts: TaskHistoryOdd) -> AdviceText:
    """Too many old tasks are kept, or none."""
    text = (
        f"{facts.limit} old tasks are kept of each slot: that weighs on the managers"
        if facts.limit > 0
        else "no old tasks are kept (task history limit 0): why something failed cannot be looked "
        "up"
    )
    return AdviceText(text, f"`{SLASH} swarm update --task-history-limit 5`")
