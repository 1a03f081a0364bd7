"""Whether what is stored has been used already.

A signature says that the bot wrote something, and not that it still counts: who can write to Redis
can write back what was true once. What was used stands in the audit, which nobody can cut without
that it shows; so the audit is asked before the bot acts on what is stored.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.model import Ending
from bot.model.audit import IntentState
from bot.store.audit import Audit
from bot.store.audit_chain import IntentReference

log = logging.getLogger(__name__)

APPROVE = "approve"
_ENDED_BY_PEOPLE = ("reject", "withdraw")


@dataclass(frozen=True, slots=True)
class Replays:
    """Asks the audit. Where that is not whole, everything counts as used: nothing proves that it
    was not.

    All raise `StoreUnavailableError` where Redis does not answer.
    """

    audit: Audit

    def is_used(self, request: str, since: datetime) -> bool:
        """Whether this request or line in the queue, made at `since`, was run or ended before."""
        bodies = self.audit.checker.newest(since)
        used = bodies is None or any(_uses(bodies, request))
        if used:
            log.error("%s was used before, or the audit is not whole: it does not run", request)
        return used

    def has_begun(self, command: str, since: datetime) -> bool:
        """Whether this command of CI (its id), sent at `since`, has begun to change anything."""
        bodies = self.audit.checker.newest(since)
        begun = bodies is None or any(_is_by(body, command) for body in bodies.values())
        if begun:
            log.error(
                "command %s was begun before, or the audit is not whole: it is not begun anew",
                command,
            )
        return begun

    def state_of(self, intent: str, since: datetime) -> IntentState:
        """Whether the change with this intent, begun at `since`, has an outcome."""
        bodies = self.audit.checker.newest(since)
        if bodies is None:
            log.error("the audit is not whole: nobody goes on with the change of entry %s", intent)
            return IntentState.UNPROVEN
        number = IntentReference.read(intent).number
        concluded = any(body.get("intent") == number for body in bodies.values())
        return IntentState.ENDED if concluded and self.audit.has(intent) else IntentState.OPEN


def _is_by(body: Mapping[str, Any], command: str) -> bool:
    origin = body.get("actor", {}).get("origin") or {}
    return bool(origin.get("command") == command)


def _uses(bodies: Mapping[str, Mapping[str, Any]], request: str) -> Iterator[bool]:
    failed = {
        body["intent"]
        for body in bodies.values()
        if body["kind"] == "outcome" and body["outcome"].get("ending") == Ending.FAILED
    }
    for number, body in bodies.items():
        if body.get("request") == request:
            name = body["command"].get("command")
            yield name != APPROVE and not (name in _ENDED_BY_PEOPLE and number in failed)
