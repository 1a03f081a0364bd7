"""Tables in the documentation that a command of the Makefile writes anew."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def write_marked(page: Path, name: str, text: str) -> None:
    """Put `text` between the page's marks of this name, in place of what stands there.

    Raises ValueError where the page has no such marks.
    """
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, _, rest = page.read_text().partition(begin)
    if end not in rest:
        raise ValueError(f"{page} has no marks of {name}")
    page.write_text(f"{before}{begin}\n{text.strip()}\n\n{end}{rest.partition(end)[2]}")
