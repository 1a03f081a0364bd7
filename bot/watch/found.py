"""What a judge finds in one look: problems, and what it could not judge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.incident import Problem, Trouble


@dataclass(frozen=True, slots=True)
class Found:
    """The problems that are there now; `unknown` pairs subject (empty: any) and trouble of which nobody can say anything now."""

    problems: tuple[Problem, ...] = ()
    unknown: frozenset[tuple[str, Trouble]] = frozenset()

    def keeps(self, problem: Problem) -> bool:
        """Whether a problem of an earlier look stays as it was, because this look tells nothing of it."""
        return ("", problem.trouble) in self.unknown or (problem.subject, problem.trouble) in self.unknown


NOTHING = Found()


def unknown(*troubles: Trouble, subject: str = "") -> Found:
    """Nothing can be said of these kinds of trouble, of any subject or of this one."""
    return Found(unknown=frozenset((subject, trouble) for trouble in troubles))


def joined(parts: Iterable[Found]) -> Found:
    """All that several judges found."""
    listed = tuple(parts)
    return Found(
        tuple(problem for part in listed for problem in part.problems),
        frozenset().union(*(part.unknown for part in listed)),
    )
