"""Tables in the documentation are written between marks, and nowhere else."""

from pathlib import Path

import pytest

from tests.marked import DOCS, write_marked


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- a: begin -->\n\nold\n\n<!-- a: end -->\nbelow\n")
    write_marked(page, "a", "new\n")
    assert page.read_text() == "above\n<!-- a: begin -->\n\nnew\n\n<!-- a: end -->\nbelow\n"
    write_marked(page, "a", "new\n")
    assert page.read_text().count("new") == 1


def test_a_page_without_the_marks_stays_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="has no marks of a"):
        write_marked(page, "a", "new")
    assert page.read_text() == "nothing"


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("benchmarks.md", "make bench"),
        ("benchmarks.md", "make bench, large Swarms"),
        ("reliability.md", "make soak"),
    ],
)
def test_the_pages_have_their_marks(page: str, name: str) -> None:
    text = (DOCS / page).read_text()
    assert text.count(f"<!-- {name}: begin -->\n") == text.count(f"<!-- {name}: end -->") == 1
