"""Whether the audit tells what really happened to the Swarm: each change once, and no other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.model import Ending
from bot.model.audit import AuditEntry
from tests.memory.model.journal import Deed, Journal

UNSURE_WHYS = frozenset({"OutcomeUnknown", "ChangeUnsure"})
"""People were told that it may have happened or not."""
HAPPENED = frozenset(Ending) - {Ending.FAILED, Ending.SUPERSEDED}
"""Endings of a change that was sent to the Swarm."""


def untrue(entries: Iterable[AuditEntry], journal: Journal) -> list[str]:
    """What the audit says wrongly of the deploys and scales of a run, a line for each."""
    all_entries = tuple(entries)
    lines = [_of_deploys(image, all_entries, journal) for image in journal.asked.deploys]
    lines += [_of_scales(service, all_entries, journal) for service in journal.asked.scales]
    return [line for line in lines if line]


def _of_deploys(image: str, entries: Sequence[AuditEntry], journal: Journal) -> str:
    of_image = [entry for entry in entries if _flag(entry, "image") == image]
    deeds = [deed for deed in journal.deeds if deed.deploys and deed.image == image]
    service = image.split("/")[1].split(":", maxsplit=1)[0]
    # What fails is turned back to what was left for it, by the bot itself: where Swarm's own
    # previous specification is another, by one that says so in full.
    left = sum(deed.deploys and deed.image_before == image for deed in journal.deeds)
    return _compared(image, of_image, deeds, _turned_back(service, journal), left)


def _of_scales(service: str, entries: Sequence[AuditEntry], journal: Journal) -> str:
    of_service = [
        entry
        for entry in entries
        if entry.command["command"] == "service scale" and entry.concerns(service, None)
    ]
    deeds = [deed for deed in journal.deeds if deed.scales and deed.service == service]
    return _compared(f"scale {service}", of_service, deeds, _turned_back(service, journal))


def _compared(
    title: str,
    entries: Sequence[AuditEntry],
    deeds: Sequence[Deed],
    turned_back: bool,
    returns: int = 0,
) -> str:
    """What is wrong with the endings that the audit has for these deeds; empty where nothing is.

    So many of them may be `returns`, which the audit has as the end of another change.
    """
    endings = [str((entry.outcome or {}).get("ending")) for entry in entries]
    fewest = sum(ending in HAPPENED for ending in endings)
    most = fewest + sum(map(_is_unsure, entries)) + returns
    # To go back is a change too, which looks like a deploy or a scale of before.
    is_true = fewest <= len(deeds) and (turned_back or len(deeds) <= most)
    whys = [str((entry.outcome or {}).get("why")) for entry in entries]
    return "" if is_true else f"{title}: changed {len(deeds)} times, the audit: {endings} {whys}"


def _is_unsure(entry: AuditEntry) -> bool:
    """Whether nobody may know if the change was sent, such as where somebody else changed the
    service."""
    outcome = entry.outcome or {}
    return outcome.get("ending") == Ending.SUPERSEDED or outcome.get("why") in UNSURE_WHYS


def _turned_back(service: str, journal: Journal) -> bool:
    """Whether anybody may have gone back to how it was before."""
    return bool(journal.asked.rollbacks[service])


def _flag(entry: AuditEntry, name: str) -> object:
    return entry.command.get("flags", {}).get(name)
