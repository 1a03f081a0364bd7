"""When certificates end, and whether they are renewed."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from bot.command.model import Change, Command, Context, Query
from bot.errors import UnsupportedError
from bot.model import Ending, Message, Outcome, Plan
from bot.model.slash import SLASH
from bot.render.objects import certificates
from bot.rollout.run import Run
from bot.settings import WatchSettings


class Certs(Query):
    """Show when each certificate ends: of managers, the root, the engines' TLS and configured
    endpoints.

    With `--workers` also those of all other nodes, which a job on each of them reads; that may take
    a minute.
    """

    names: ClassVar = ("certs",)
    examples: ClassVar = ("certs", "certs --workers")

    workers: bool = Field(False, description="also read those of workers, by a job on each of them")

    def meant(self) -> Command:
        """Jobs on every node are a change."""
        return WorkerCerts() if self.workers else self

    def run(self, context: Context) -> Message:
        """Ask every host at once; who does not answer is named."""
        return _read(context, "")


class WorkerCerts(Change[Plan]):
    """Read the certificates of all nodes, by a job on each of them that runs as root; one such look
    at a time."""

    names: ClassVar = ("certs workers",)
    about_services: ClassVar = False

    def plan(self, context: Context) -> Plan:
        """Which image would run."""
        agent = context.settings.watch.certificate_agent
        if not agent:
            raise UnsupportedError(
                "workers are not read: `certificate_agent` of `[watch]` names no image",
                f"`{SLASH} certs` shows the others.",
            )
        return Plan(
            title="certificates of all nodes",
            targets=(_LOCK,),
            fingerprint=agent,
            summary=f"a job of {agent} runs on every node as root, and reads its certificate",
        )

    def apply(self, context: Context, plan: Plan, run: Run) -> Outcome:
        """Run the jobs, and tell who asked what they read."""
        run.lease.check()
        started = context.now()
        message = _read(context, plan.fingerprint)
        return Outcome(
            ending=Ending.DONE,
            title=f"{plan.title} read",
            seconds=(context.now() - started).total_seconds(),
            private_note=message,
        )


COMMANDS: tuple[type[Command], ...] = (Certs, WorkerCerts)
_LOCK = "certificates"


def _read(context: Context, agent: str) -> Message:
    """With an agent those of all nodes, else those that can be seen from here."""
    watch = context.settings.watch
    readings = context.swarm.certificates.read(watch.endpoints, agent, context.stopping)
    return certificates.certs(
        readings, context.now(), watch.certificate_limits, _hint(watch, agent)
    )


def _hint(watch: WatchSettings, agent: str) -> str:
    """How workers' certificates can be seen, which lie on their hosts alone."""
    if agent:
        return ""
    if watch.certificate_agent:
        return f"workers: `{SLASH} certs --workers`"
    return "workers are not read: `certificate_agent` of `[watch]` names no image"
