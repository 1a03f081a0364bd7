"""The table of what became of the stories on each Docker."""

from __future__ import annotations

from pathlib import Path

from tests.engines import table

PAGE = "\n".join(("# Engines", "", *table.HEADER, "| 28 | all | 3 | 3 | none |", "", "More."))
REPORT = """<testsuites><testsuite>
<testcase classname="tests.swarm.test_events" name="test_one"/>
<testcase classname="tests.swarm.test_events" name="test_two[a b]"><failure/></testcase>
<testcase classname="tests.swarm.test_events" name="test_two[a b]"><error/></testcase>
<testcase classname="tests.swarm.test_events" name="test_three"><skipped/></testcase>
<testcase time="9.9"><error/></testcase>
</testsuite></testsuites>"""


def test_a_report_is_counted_by_story(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)

    run = table.read("28", "tests/swarm", report)

    assert run == table.Run("28", "tests/swarm", 2, ("test_events::test_two[a b]",))
    assert run.row == "| 28 | tests/swarm | 2 | 1 | 1: `test_events::test_two[a b]` |"


def test_a_run_takes_the_place_of_the_one_before() -> None:
    page = table.written(PAGE, table.Run("28", "all", 4, ("test_x::test_y",)))
    page = table.written(page, table.Run("26", "all", 4))

    assert page.split("\n")[4:] == [
        "| 26 | all | 4 | 4 | none |",
        "| 28 | all | 4 | 3 | 1: `test_x::test_y` |",
        "",
        "More.",
    ]
