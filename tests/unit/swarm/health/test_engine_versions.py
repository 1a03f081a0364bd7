"""Which versions of Docker a Swarm runs, and whether they differ by more than a patch."""

from bot.swarm.health import engine_versions
from tests.unit.swarm import values


def versions(*engines: str) -> list[tuple[str, tuple[str, ...]]]:
    nodes = [values.node(f"node{n}", engine=engine) for n, engine in enumerate(engines, 1)]
    return [(used.version, used.nodes) for used in engine_versions.in_use(nodes)]


def test_the_newest_version_comes_first() -> None:
    assert versions("9.0", "28.5.2", "20.10.24+dfsg1", "28.5.2", "28.10.0") == [
        ("28.10.0", ("node5",)),
        ("28.5.2", ("node2", "node4")),
        ("20.10.24+dfsg1", ("node3",)),
        ("9.0", ("node1",)),
    ]


def test_what_is_no_number_counts_as_old() -> None:
    assert [version for version, _ in versions("dev", "28.5.2", "library-import")] == [
        "28.5.2",
        "library-import",
        "dev",
    ]
