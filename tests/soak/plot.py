"""The course of a long run as a picture in the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib import rcParams
from matplotlib.figure import Figure

from tests.soak.readings import COURSES, WARM, Reading

WIDE, HIGH = 9.0, 1.6
"""Inches: of the picture, and of each course."""


def plot(readings: Sequence[Reading], path: Path) -> None:
    """Write an SVG with a panel for each number; the warming up is grey."""
    # The same readings make the same file.
    rcParams["svg.hashsalt"] = "soak"
    figure = Figure(figsize=(WIDE, HIGH * len(COURSES)), layout="constrained")
    panels = figure.subplots(len(COURSES), sharex=True)
    commands = [reading.commands for reading in readings]
    for course, panel in zip(COURSES, panels, strict=True):
        panel.plot(commands, [course.value(reading) for reading in readings], linewidth=1)
        panel.axvspan(0, commands[-1] * WARM, color="0.9")
        panel.set_ylim(bottom=0)
        panel.set_ylabel(f"{course.name}\n{course.unit}".strip(), fontsize=8)
        panel.tick_params(labelsize=8)
    panels[-1].set_xlabel("commands", fontsize=8)
    figure.savefig(path, metadata={"Date": None})
