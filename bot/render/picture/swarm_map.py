"""The map of the Swarm: a few nodes with words, many with tiles, very many as squares."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import File, Node
from bot.render.picture.map_boxes import boxes
from bot.render.picture.map_crowd import summed
from bot.render.picture.map_tiles import tiled
from bot.render.picture.node_tasks import FEW, NodeTasks, described, headline

MANY = 120
"""Up to so many nodes are boxes with tiles; more are squares."""


def picture(nodes: Sequence[Node], spots: Sequence[NodeTasks]) -> File:
    """The picture of what `placed` returned, with its description."""
    drawn = boxes if len(nodes) <= FEW else tiled if len(nodes) <= MANY else summed
    return File("map.png", drawn(spots), headline(nodes, spots), described(nodes, spots))
