"""Refuses published ports that another service has while a change is planned.

The engine would refuse them too, but only after somebody has approved the change.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import PortTakenError
from bot.model import Service
from bot.swarm.spec import ports


def refuse_taken(service: Service, services: Sequence[Service]) -> None:
    """Raise PortTakenError where another one of `services` publishes a port of this one."""
    others = [candidate for candidate in services if candidate.id != service.id]
    clash = ports.taken(service.ports, others)
    if clash:
        port, owner = clash
        raise PortTakenError(port.published, owner.name)
