"""What is wrong or risky now, each with its fix: everything that an experienced operator would look
through."""

from __future__ import annotations

from bot.doctor import managers, nodes, services, settings
from bot.doctor.probes import Probes
from bot.model.incident import Advice
from bot.settings import WatchSettings
from bot.watch.snapshot import Snapshot

NOTHING = Probes()
DEFAULTS = WatchSettings()


def examine(
    seen: Snapshot, probes: Probes = NOTHING, watch: WatchSettings = DEFAULTS
) -> tuple[Advice, ...]:
    """All that is to be said of what was seen, the worst first; of what nobody could say, nothing.

    `watch` is what the configuration says of certificates.
    """
    found = (
        *managers.examine(seen),
        *nodes.examine(seen, probes),
        *services.examine(seen, probes),
        *settings.examine(seen, probes, watch),
    )
    return tuple(sorted(found, key=lambda advice: -advice.severity.rank))
