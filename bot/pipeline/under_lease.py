"""What a change is handed that runs under a lease."""

from __future__ import annotations

from dataclasses import replace

from bot import traces
from bot.clock import SteadyClock
from bot.command.model import Context
from bot.pipeline.live_message import LiveMessage
from bot.rollout.run import Run
from bot.store.lease import Lease


def fenced(context: Context, lease: Lease, clock: SteadyClock) -> Context:
    """What a command may use while it runs: Docker is changed under this lease alone, and the time
    is not turned back."""
    return replace(
        context,
        swarm=context.swarm.fenced_by(lease),
        roller=context.roller.fenced_by(lease, clock),
        now=clock.now,
    )


def run_of(
    live: LiveMessage, lease: Lease, audit: str, approved_by: tuple[str, ...], request: str = ""
) -> Run:
    """The change under way, as its command is handed it."""
    return Run(
        live.run_id,
        live.channel,
        lease,
        audit,
        live.show,
        live.tell,
        approved_by,
        request,
        shown_as=live.about,
        thread=live.thread,
        trace=traces.current().traceparent,
    )
