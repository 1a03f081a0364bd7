"""The docker command line against a machine of the playground."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground.errors import CommandFailedError
from playground.network import Bridge, Cable
from playground.node import SEQUENCE_TRIES, Node

REFUSED = "Error response from daemon: rpc error: code = Unknown desc = update out of sequence"


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A machine whose `docker` notes that it was called, and fails as the file `refusals` says."""
    docker = tmp_path / "docker"
    docker.write_text(
        f"""#!/bin/sh
cd {tmp_path}
echo x >> calls
read -r refusal < refusals || {{ echo done; exit 0; }}
sed -i 1d refusals
echo "$refusal" >&2
exit 1
"""
    )
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return Node(Cable(Bridge(1), "node1", 1), tmp_path, "", is_manager=True)


def refusing(folder: Path, *refusals: str) -> None:
    (folder / "refusals").write_text("".join(f"{refusal}\n" for refusal in refusals))


def test_what_changed_since_it_was_read_is_sent_again(node: Node, tmp_path: Path) -> None:
    refusing(tmp_path, REFUSED, REFUSED)

    assert node.docker("node", "update", "--availability", "drain", "node4") == "done\n"
    assert (tmp_path / "calls").read_text() == "x\n" * 3


@pytest.mark.parametrize(
    ("refusals", "calls"), [(["no such node"], 1), ([REFUSED] * 9, SEQUENCE_TRIES + 1)]
)
def test_other_refusals_and_endless_ones_are_said(
    node: Node, tmp_path: Path, refusals: list[str], calls: int
) -> None:
    refusing(tmp_path, *refusals)

    with pytest.raises(CommandFailedError, match=refusals[0]):
        node.docker("node", "update", "node4")

    assert (tmp_path / "calls").read_text() == "x\n" * calls
