"""What a judge finds in one look: problems, and what it could not judge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.model.alert_facts import AlertKind
from bot.model.incident import Problem


@dataclass(frozen=True, slots=True)
class Findings:
    """The problems that are there now; `unknown` pairs subject (empty: any) and kind of
    problems of which nobody can say anything now."""

    problems: tuple[Problem, ...] = ()
    unknown: frozenset[tuple[str, AlertKind]] = frozenset()

    def keeps(self, problem: Problem) -> bool:
        """Whether a problem of an earlier look stays as it was, because this look tells nothing of
        it."""
        return ("", problem.kind) in self.unknown or (
            problem.subject,
            problem.kind,
        ) in self.unknown


NOTHING = Findings()


def unknown(*kinds: AlertKind, subject: str = "") -> Findings:
    """Nothing can be said of these kinds, of any subject or of this one."""
    return Findings(unknown=frozenset((subject, kind) for kind in kinds))


def joined(parts: Iterable[Findings]) -> Findings:
    """All that several judges found."""
    listed = tuple(parts)
    return Findings(
        tuple(problem for part in listed for problem in part.problems),
        frozenset().union(*(part.unknown for part in listed)),
    )
