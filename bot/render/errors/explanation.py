"""What an explanation is, for the modules that hold the explanations of one part each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """An error in words: `sentence` is mrkdwn with its emoji, `example` a line to send, without
    `/swarm`."""

    sentence: str
    example: str = ""
