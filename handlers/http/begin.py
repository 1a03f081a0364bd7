"""Begins what CI has sent: at once, or in place of a bot that took it and is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.model import Actor
from bot.pipeline.request import Request


@dataclass(frozen=True)
class Begin:
    """Does what was sent; `authored` finds the author of a commit in Slack, who is called where
    Slack knows them."""

    execute: Callable[[Request], object]
    authored: Callable[[Actor], Actor]

    def __call__(self, request: Request) -> None:
        """Do it, to its end."""
        self.execute(replace(request, actor=self.authored(request.actor)))
