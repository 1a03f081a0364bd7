"""The course of a long run as a picture in the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from tests.soak.readings import COURSES, WARM, Course, Reading

WIDE, HIGH = 640, 90
"""Pixels of a panel."""
LEFT, GAP = 140, 24
"""Pixels for the names beside the panels, and between two of them."""


def plot(readings: Sequence[Reading], path: Path) -> None:
    """Write an SVG with a panel for each number, from 0 to its highest; the warming up is grey."""
    high = len(COURSES) * (HIGH + GAP) + GAP
    picture = Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {LEFT + WIDE + GAP} {high}",
        attrib={"font-family": "sans-serif", "font-size": "12"},
    )
    _shape(picture, "rect", width="100%", height="100%", fill="white")
    for number, course in enumerate(COURSES):
        top = number * (HIGH + GAP) + GAP // 2
        panel = _shape(picture, "g", transform=f"translate({LEFT} {top})")
        _draw(panel, course, readings)
    _text(picture, LEFT, high - 6, "0")
    end = f"{readings[-1].commands:,} commands"
    _text(picture, LEFT + WIDE, high - 6, end, anchor="end")
    indent(picture)
    ElementTree(picture).write(path, encoding="unicode")


def _draw(panel: Element, course: Course, readings: Sequence[Reading]) -> None:
    values = [float(course.value(reading)) for reading in readings]
    most = max(values) or 1.0
    _shape(panel, "rect", width=f"{WIDE * WARM:g}", height=f"{HIGH}", fill="#e8e8e8")
    _shape(panel, "path", d=f"M0 0V{HIGH}H{WIDE}", fill="none", stroke="#888")
    points = " ".join(
        f"{WIDE * reading.commands / readings[-1].commands:.1f},{HIGH * (1 - value / most):.1f}"
        for reading, value in zip(readings, values, strict=True)
    )
    _shape(panel, "polyline", points=points, fill="none", stroke="#1264a3")
    _text(panel, -8, HIGH // 2, course.name, anchor="end")
    _text(panel, -8, 10, f"{most:.0f} {course.unit}".strip(), anchor="end")
    _text(panel, -8, HIGH, "0", anchor="end")


def _shape(parent: Element, kind: str, **attributes: str) -> Element:
    return SubElement(parent, kind, attributes)


def _text(parent: Element, x: int, y: int, text: str, anchor: str = "start") -> None:
    SubElement(parent, "text", {"x": str(x), "y": str(y), "text-anchor": anchor}).text = text
