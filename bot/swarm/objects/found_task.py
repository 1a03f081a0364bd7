"""A task that somebody named by its id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.model import Service, Task


@dataclass(frozen=True, slots=True)
class FoundTask:
    """A task with its service; `document` is what the engine says of it, with dots in place of
    what may be secret."""

    task: Task
    service: Service
    document: Mapping[str, Any]
