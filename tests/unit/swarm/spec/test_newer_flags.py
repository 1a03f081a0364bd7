"""Flags that newer command lines have, and those of Windows: swap, credentials, tasks at a time."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import UnsupportedError
from bot.model import Image, ResolvedImage
from bot.swarm.spec import create, credentials, syntax, update
from bot.swarm.spec.references import Ids

IMAGE = ResolvedImage(Image.parse("shop/web:1.0"))
IDS = Ids(configs={"spec": "c1", "conf": "c2"})
SERVICE = create.create({"name": "web"}, IMAGE, (), Ids())
JOB = create.create({"name": "job", "mode": "replicated-job", "replicas": 3}, IMAGE, (), Ids())


def _resources(spec: Any) -> Any:
    return spec["TaskTemplate"]["Resources"]


@pytest.mark.parametrize(("text", "size"), [("-1", -1), ("0", 0), ("1G", 1 << 30)])
def test_swap_is_bytes_or_any_amount(text: str, size: int) -> None:
    assert syntax.swap(text) == size


def test_swap_stands_beside_the_limits() -> None:
    """As moby's `ResourceRequirements` has it from API 1.52: `SwapBytes`, `MemorySwappiness`."""
    flags = {"name": "web", "memory_swap": -1, "memory_swappiness": 0, "limit_memory": 1 << 20}
    made = _resources(create.create(flags, IMAGE, (), Ids()))
    assert (made["SwapBytes"], made["MemorySwappiness"]) == (-1, 0)
    assert made["Limits"] == {"MemoryBytes": 1 << 20}
    assert "SwapBytes" not in _resources(SERVICE)

    changed = update.change(SERVICE, {"memory_swap": 1 << 30}, Ids())
    assert _resources(changed)["SwapBytes"] == 1 << 30
    (difference,) = update.changes(SERVICE, changed, {"memory_swap": 1 << 30})
    assert (difference.field, difference.after) == ("memory-swap", "1G")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("file://spec.json", {"File": "spec.json"}),
        ("registry://spec", {"Registry": "spec"}),
        ("config://spec", {"Config": "c1"}),
    ],
)
def test_a_credential_specification(text: str, wanted: dict[str, str]) -> None:
    made = create.create({"name": "web", "credential_spec": text}, IMAGE, (), IDS)
    container = made["TaskTemplate"]["ContainerSpec"]
    assert container["Privileges"] == {"CredentialSpec": wanted}
    (difference,) = credentials.changes({}, made)
    assert (difference.field, difference.after) == ("credential-spec", text)
    is_config = text.startswith("config")
    assert container.get("Configs", []) == (
        [{"Runtime": {}, "ConfigID": "c1", "ConfigName": "spec"}] if is_config else []
    )


def test_a_credential_specification_is_replaced_and_taken_away() -> None:
    flags = {"name": "web", "credential_spec": "config://spec", "config": ("conf",)}
    made = create.create(flags, IMAGE, (), IDS)

    replaced = update.change(made, {"credential_spec": "file://x"}, IDS)
    container = replaced["TaskTemplate"]["ContainerSpec"]
    assert container["Privileges"] == {"CredentialSpec": {"File": "x"}}
    assert [entry["ConfigName"] for entry in container["Configs"]] == ["conf"]

    gone = update.change(replaced, {"credential_spec": ""}, IDS)
    assert "Privileges" not in gone["TaskTemplate"]["ContainerSpec"]
    (difference,) = update.changes(replaced, gone, {"credential_spec": ""})
    assert (difference.before, difference.after) == ("file://x", "")


@pytest.mark.parametrize("text", ["spec", "config://", "http://x"])
def test_what_is_no_credential_specification(text: str) -> None:
    with pytest.raises(ValueError, match="config://NAME"):
        credentials.parse(text)


def test_the_tasks_of_a_job_at_a_time() -> None:
    changed = update.change(JOB, {"max_concurrent": 2}, Ids())
    assert changed["Mode"] == {"ReplicatedJob": {"TotalCompletions": 3, "MaxConcurrent": 2}}
    (difference,) = update.changes(JOB, changed, {"max_concurrent": 2})
    assert (difference.field, difference.before, difference.after) == ("max-concurrent", "3", "2")

    with pytest.raises(UnsupportedError):
        update.change(SERVICE, {"max_concurrent": 2}, Ids())
