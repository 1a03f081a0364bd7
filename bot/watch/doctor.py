"""What is wrong or risky now, each with its fix: everything that an experienced operator would look through."""

from __future__ import annotations

from bot.incident import Advice
from bot.settings import Watch
from bot.watch import doctor_managers, doctor_nodes, doctor_services, doctor_setup
from bot.watch.observation import Observation
from bot.watch.probes import Probes

NOTHING = Probes()
DEFAULTS = Watch()


def examine(seen: Observation, probes: Probes = NOTHING, watch: Watch = DEFAULTS) -> tuple[Advice, ...]:
    """All that is to be said of what was seen, the worst first; of what nobody could say, nothing.

    `watch` is what the configuration says of certificates.
    """
    found = (
        *doctor_managers.examine(seen),
        *doctor_nodes.examine(seen, probes),
        *doctor_services.examine(seen, probes),
        *doctor_setup.examine(seen, probes, watch),
    )
    return tuple(sorted(found, key=lambda advice: -advice.severity.rank))
