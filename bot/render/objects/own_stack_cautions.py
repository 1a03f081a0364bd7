"""What is said where a change of nodes moves the bot itself, or what it needs."""

from __future__ import annotations

from bot.model.placement import Move


def moves(move: Move, nodes: str) -> str:
    """Tasks of the bot's own stack leave `nodes`; where none of them finds a place, the way back is
    by hand."""
    head = f"{move.service.name} on {nodes} is a part of swarmbot itself"
    if move.placed or move.bound:
        return f"{head}: it is away for some seconds, and goes on elsewhere"
    return (
        f"{head} and has no place elsewhere: every change is refused until it runs again, also the "
        f"one back. By hand on a manager: `docker node update --availability active {nodes}`"
    )
