"""Notes the head of the audit, and says so where a noted one has vanished."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from bot.errors import StoreUnavailableError
from bot.poster import Poster
from bot.render import audit_list
from bot.settings import Settings
from bot.store.store import Store
from jobs.recipients import other_places

log = logging.getLogger(__name__)


@dataclass
class AuditHeadWatch:
    """One round. A head that is gone is told once by each bot, and is not noted over."""

    store: Store
    poster: Poster
    settings: Settings
    _told: bool = field(default=False, init=False)

    def run(self) -> None:
        """With Redis away there is nothing to compare."""
        try:
            missing = self.store.audit.checker.compare()
            entries = self.store.audit.head().entries
        except StoreUnavailableError:
            return
        if missing is None or self._told:
            return
        self._told = True
        log.error("the audit was cut or rewritten: entry %d is gone", missing.entries)
        elsewhere = other_places(self.settings)
        channel = self.settings.channel or next(iter(elsewhere.places), "")
        if channel:
            told = audit_list.cut(missing.entries, entries)
            self.poster.post(channel, told, elsewhere=elsewhere)
