"""What is asked of a large Swarm, what was found, the goals, and the table of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.bench.samples import Sample
from tests.bench.simulation import shapes
from tests.bench.simulation.swarm import SERVICES_A_NODE, TASKS_A_SERVICE

SERVICE = shapes.service_name(0)
MOST_MEGABYTES = 250
MOST_SECONDS = 1.0
MOST_TYPING_SECONDS = 0.2


@dataclass(frozen=True)
class Question:
    """A command of the bot with a piece of its answer, and what is typed into the CLI instead.

    `calls` of the bot are counted apart, where its watch does not ask in between. `most`: the goal,
    which holds `from_nodes` on: of a small Swarm everything is read anew.
    """

    name: str
    line: str
    answer: str
    instead: tuple[tuple[str, ...], ...] = ()
    most: float = 0.0
    times: int = 12
    from_nodes: int = 1000


QUESTIONS = (
    Question("no question to an engine: `locks`", "/swarm locks", "othing"),
    Question("node ls", "/swarm node ls", "nodes Ready", (("node", "ls"),), 0.5),
    Question("service ls", "/swarm service ls", "at their count", (("service", "ls"),), 0.5),
    Question("status", "/swarm status", "managers", (("node", "ls"), ("service", "ls")), 0.5),
    Question(
        "service ps",
        f"/swarm service ps {SERVICE}",
        f"{SERVICE}.1",
        (("service", "ps", SERVICE),),
        0.4,
        from_nodes=0,
    ),
    Question(
        "service inspect",
        f"/swarm service inspect {SERVICE}",
        SERVICE,
        (("service", "inspect", "--pretty", SERVICE),),
        0.4,
        from_nodes=0,
    ),
    Question("doctor", "/swarm doctor", "hint", most=5, times=4),
)


@dataclass
class Measured:
    """What one question took, and what it asked of the engine."""

    question: Question
    nodes: int
    mine: Sample
    its: Sample | None
    calls: dict[str, int] = field(default_factory=dict)


HEAD = """\
| nodes, tasks | what | answer, median | Docker CLI, median | ratio | goal | | calls of the engine |
| --- | --- | --- | --- | --- | --- | --- | --- |"""


@dataclass(frozen=True)
class LargeFindings:
    """What one size of Swarm costs: its answers, the seconds until names are offered while somebody
    types, and until people are told of a node that is Down, the megabytes that the bot had at most,
    and what a million events cost."""

    nodes: int
    measured: tuple[Measured, ...]
    suggested: Sample
    told: Sample
    peak: float
    flooded: tuple[float, float]

    @property
    def rows(self) -> Iterator[str]:
        """As Markdown, the memory last."""
        size = f"{self.nodes:,}, {self.nodes * SERVICES_A_NODE * TASKS_A_SERVICE:,}"
        for measured in self.measured:
            yield f"| {size} | {self._row(measured)} |"
        slowest = max(self.suggested.values)
        met = "met" if slowest <= MOST_TYPING_SECONDS else "**missed**"
        what = "names offered while somebody types, the slowest"
        yield f"| {size} | {what} | {slowest * 1000:.0f} ms | – | – | within 200 ms | {met} | – |"
        late = max(self.told.values)
        met = "met" if late <= MOST_SECONDS else "**missed**"
        what = "node Down → posted, while all is read, the slowest"
        yield f"| {size} | {what} | {late * 1000:.0f} ms | – | – | within 1 s | {met} | – |"
        met = "met" if self.peak <= MOST_MEGABYTES else "**missed**"
        goal = f"at most {MOST_MEGABYTES} MB"
        what = "peak memory, an hour of watch and commands"
        yield f"| {size} | {what} | {self.peak:.0f} MB | – | – | {goal} | {met} | – |"
        took, peak = self.flooded
        met = "met" if peak <= MOST_MEGABYTES else "**missed**"
        what = f"a million events, and a node Down behind them, in {took:.0f} s: peak memory"
        yield f"| {size} | {what} | {peak:.0f} MB | – | – | {goal} | {met} | – |"

    @property
    def met(self) -> bool:
        """Whether every goal is met."""
        within = (self._ratio(measured) <= self._most(measured) for measured in self.measured)
        offered = max(self.suggested.values) <= MOST_TYPING_SECONDS
        told = max(self.told.values) <= MOST_SECONDS
        small = max(self.peak, self.flooded[1]) <= MOST_MEGABYTES
        return small and told and offered and all(within)

    def _most(self, measured: Measured) -> float:
        """The goal at this size; infinite where there is none."""
        question = measured.question
        has_goal = question.most and self.nodes >= question.from_nodes
        return question.most if has_goal else math.inf

    def _ratio(self, measured: Measured) -> float:
        """To the CLI's time; where it has no such command, to that of `status`."""
        its = measured.its or next(
            other.mine for other in self.measured if other.question.name == "status"
        )
        return measured.mine.median / its.median

    def _row(self, measured: Measured) -> str:
        ratio, most = self._ratio(measured), self._most(measured)
        goal = f"at most {most:g}" if measured.its else f"at most {most:g} of `status`"
        met = "met" if ratio <= most else "**missed**"
        if most == math.inf:
            goal = met = "–"
        name = measured.question.name
        calls = ", ".join(f"{path} {count}" for path, count in sorted(measured.calls.items()))
        return " | ".join(
            (
                name if "`" in name else f"`{name}`",
                f"{measured.mine.median * 1000:.0f} ms",
                f"{measured.its.median * 1000:.0f} ms" if measured.its else "–",
                f"{ratio:.2f}" if measured.its or measured.question.most else "–",
                goal,
                met,
                calls or "–",
            )
        )


def table_of(findings: Sequence[LargeFindings]) -> str:
    """All sizes as Markdown."""
    return "\n".join((HEAD, *(row for found in findings for row in found.rows)))
