"""What stands in an engine's answer: an object, a list, or the words of a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.swarm.engine.answer_progress import AnswerProgress
from bot.swarm.engine.json_lists import PIECE_BYTES, ListReader
from bot.swarm.engine.transport import Answer, Stream


def words_in(answer: Answer) -> str:
    """Why the engine refuses."""
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text


def object_in(answer: Answer) -> dict[str, Any]:
    """The object that was asked for; empty where the engine says nothing."""
    body = answer.json() if answer.content else None
    return body if isinstance(body, dict) else {}


def members_of(
    answer: Answer, reader: ListReader, progress: AnswerProgress
) -> Iterator[dict[str, Any]]:
    """The members of a list as they come, once each.

    See `Stream` and `AnswerProgress.follow` for what reading raises.
    """
    with Stream(answer, PIECE_BYTES) as stream:
        yield from reader.members(progress.follow(stream))
