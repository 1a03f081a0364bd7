"""Counters and durations for Prometheus, in a registry of the bot's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from bot.model import Outcome


class Metrics:
    """What `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._commands = Histogram(
            "swarmbot_command_seconds",
            "Time from a request to its answer",
            ["command"],
            registry=self.registry,
        )
        self._changes = Counter(
            "swarmbot_changes_total", "Changes by their ending", ["ending"], registry=self.registry
        )
        self._slack = Counter(
            "swarmbot_slack_total",
            "Calls to Slack by what came of them",
            ["event"],
            registry=self.registry,
        )
        self._refused = Counter(
            "swarmbot_refusals_total",
            "What people asked for and may not, by reason",
            ["reason"],
            registry=self.registry,
        )
        self._hanging = Counter(
            "swarmbot_jobs_cut_off_total",
            "Runs of jobs that hung and were cut off",
            ["job"],
            registry=self.registry,
        )

        self._forged = Counter(
            "swarmbot_store_forged_total",
            "Entries in Redis that the bot's own key did not sign",
            registry=self.registry,
        )

    @contextmanager
    def timed(self, command: str) -> Iterator[None]:
        """Measure one command; a rollout counts until its end."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._commands.labels(command).observe(time.perf_counter() - started)

    def ended(self, outcome: Outcome) -> None:
        """Count a change."""
        self._changes.labels(outcome.ending.value).inc()

    def slack(self, event: str) -> None:
        """Count what the poster met."""
        self._slack.labels(event).inc()

    def refused(self, reason: str) -> None:
        """Count what somebody may not."""
        self._refused.labels(reason).inc()

    def cut_off(self, job: str) -> None:
        """Count a job that hung."""
        self._hanging.labels(job).inc()

    def forged(self) -> None:
        """Count an entry in Redis that is not the bot's."""
        self._forged.inc()

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
