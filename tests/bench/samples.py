"""Numbers and what is said about them: samples, their percentiles, and findings that meet a goal or
miss it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """What one thing took, again and again: seconds, or megabytes."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Sample:
        return cls(tuple(values))

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def percentile(self, rank: int) -> float:
        """The value that `rank` of a hundred do not exceed."""
        if len(self.values) == 1:
            return self.values[0]
        return statistics.quantiles(self.values, n=100, method="inclusive")[rank - 1]

    def over(self, other_sample: Sample) -> Sample:
        """The ratios of the pairs."""
        return Sample.of(
            mine / its for mine, its in zip(self.values, other_sample.values, strict=True)
        )


@dataclass(frozen=True)
class Finding:
    """One line of the table. `measured` is what the goal speaks of, `most` what it must not
    exceed."""

    subject: str
    unit: str
    sample: Sample
    goal: str
    measured: float
    most: float
    against: Sample | None = None

    @property
    def met(self) -> bool:
        return self.measured <= self.most


HEAD = """\
| what | times | median | 90th | 99th percentile | the other, median | measured | goal | |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


def table(findings: Iterable[Finding]) -> str:
    """The findings as Markdown."""
    return "\n".join((HEAD, *map(_row, findings)))


def _row(finding: Finding) -> str:
    unit, sample = finding.unit, finding.sample
    numbers = (
        _number(value, unit)
        for value in (sample.median, sample.percentile(90), sample.percentile(99))
    )
    against = _number(finding.against.median, unit) if finding.against else "–"
    measured = f"{finding.measured:.3f}" if finding.against else _number(finding.measured, unit)
    verdict = "met" if finding.met else "**missed**"
    cells = (
        finding.subject,
        len(sample.values),
        *numbers,
        against,
        measured,
        finding.goal,
        verdict,
    )
    return f"| {' | '.join(map(str, cells))} |"


def _number(value: float, unit: str) -> str:
    if unit == "ms":
        return f"{value * 1000:.0f} ms"
    if unit == "%":
        return f"{value:.1f} %"
    return f"{value:.2f} s" if unit == "s" else f"{value:.0f} {unit}"
