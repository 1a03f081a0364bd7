"""A bot that lives through many stories, for those that are not about its start.

Between two stories it forgets: its workspace is emptied, and so is its Redis but for the
leadership. Where a story killed it, changed it, or left something under way, the next story gets a
new one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playground.cluster import Cluster
from playground.workspace import Workspace
from tests.scenario.running import RunningBot, eventually

Makes = Callable[[Cluster, Workspace, Path], RunningBot]
SETTLES_WITHIN, CONNECTS_WITHIN = 3, 30
"""Seconds for what is at its very end after a story, and for links that a story broke."""


class Resident:
    """At most one bot with its workspace; `make` says what bot."""

    def __init__(self, cluster: Cluster, folder: Callable[[], Path], make: Makes) -> None:
        self._cluster = cluster
        self._folder = folder
        self._make = make
        self._workspace: Workspace | None = None
        self._bot: RunningBot | None = None
        self._first: object = None
        self._founded = ""

    @property
    def workspace(self) -> Workspace:
        """The workspace for the next story: empty, and with the bot in it where that is alive."""
        if self._workspace is None:
            self._workspace = Workspace().start()
        return self._workspace

    @property
    def bot(self) -> RunningBot:
        """The bot for the next story: one that runs and knows of nothing."""
        if self._bot is None:
            self._bot = self._make(self._cluster, self.workspace, self._folder()).start()
            self._first = self._mark(self._bot)
        self._bot.story_begins()
        return self._bot

    def story_begins(self) -> None:
        """End a bot that knows another Swarm; to be called when the Swarm is in order."""
        founded = self._cluster.founded
        if founded != self._founded:
            self.close()
        self._founded = founded

    def story_ended(self) -> None:
        """Let the bot forget the story; where it cannot, end it."""
        if self._workspace is None:
            return
        self._workspace.faults.clear()
        if self._bot is None or not self._forgets(self._bot):
            self.close()
        else:
            self._workspace.state.forget()

    def close(self) -> None:
        """End bot and workspace."""
        if self._bot is not None:
            self._bot.stop()
        if self._workspace is not None:
            self._workspace.stop()
        self._bot = self._workspace = None

    def _forgets(self, bot: RunningBot) -> bool:
        if self._mark(bot) != self._first or not bot.is_running:
            return False
        try:
            eventually(bot.is_at_rest, SETTLES_WITHIN)
            eventually(lambda: not bot.missing(), CONNECTS_WITHIN)
        except AssertionError:
            return False
        bot.forgets()
        return True

    def _mark(self, bot: RunningBot) -> object:
        """What a story that is about the bot itself changes."""
        return (bot.process, bot.config)
