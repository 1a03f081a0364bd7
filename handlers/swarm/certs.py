"""When certificates end, and whether they are renewed."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from bot.command.model import Command, Context, Query
from bot.model import Message
from bot.render.objects import certificates
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

    def run(self, context: Context) -> Message:
        """Ask every host at once; who does not answer is named."""
        watch = context.settings.watch
        agent = watch.certificate_agent if self.workers else ""
        readings = context.swarm.certificates.read(watch.endpoints, agent)
        return certificates.certs(
            readings,
            context.now(),
            watch.certificate_share,
            watch.endpoint_left,
            _hint(watch, agent),
        )


COMMANDS: tuple[type[Command], ...] = (Certs,)


def _hint(watch: WatchSettings, agent: str) -> str:
    """How workers' certificates can be seen, which lie on their hosts alone."""
    if agent:
        return ""
    if watch.certificate_agent:
        return "workers: `/swarm certs --workers`"
    return "workers are not read: `certificate_agent` of `[watch]` names no image"
