"""What nodes are to become, and how that is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.errors import InvalidValueError
from bot.model import (
    Availability,
    Difference,
    Node,
    NodeRole,
)
from bot.model.english import listed
from bot.model.secrecy import masked_field, masked_pair


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a node is to become; None and nothing leave it as it is."""

    role: NodeRole | None = None
    availability: Availability | None = None
    label_add: Mapping[str, str] = field(default_factory=dict)
    label_rm: tuple[str, ...] = ()

    def of(self, node: Node) -> Node:
        """The node as it will be.

        Raises InvalidValueError for a label to remove that it does not have.
        """
        labels = {**node.labels, **self.label_add}
        for key in self.label_rm:
            if key not in labels:
                known = (
                    " or ".join(f"`{label}`" for label in sorted(node.labels)[:5])
                    or "and it has none"
                )
                raise InvalidValueError("--label-rm", key, f"a label of {node.name}: {known}")
            del labels[key]
        role = self.role or node.role
        availability = self.availability or node.availability
        manager = node.manager if role == NodeRole.MANAGER else None
        return replace(node, role=role, availability=availability, labels=labels, manager=manager)

    def write(self, spec: dict[str, Any]) -> None:
        """Change the specification that the engine has: these fields, and nothing else."""
        if self.role:
            spec["Role"] = self.role
        if self.availability:
            spec["Availability"] = self.availability
        if self.label_add or self.label_rm:
            labels = {**(spec.get("Labels") or {}), **self.label_add}
            spec["Labels"] = {
                key: value for key, value in labels.items() if key not in self.label_rm
            }


def changes_role(node: Node, wanted: Wanted) -> bool:
    """Whether a node gets another role than the one that is in force."""
    in_force = NodeRole.WORKER if node.manager is None else NodeRole.MANAGER
    return wanted.role is not None and wanted.role != in_force


def goal(wanted: Wanted) -> str:
    """`Drain, label zone=a`: what a node becomes, in the words of a title."""
    availability = (wanted.availability or "").capitalize()
    added = " ".join(masked_pair(f"{key}={value}") for key, value in wanted.label_add.items())
    removed = " ".join(wanted.label_rm)
    parts = (
        availability,
        wanted.role,
        f"label {added}" if added else "",
        f"without label {removed}" if removed else "",
    )
    return ", ".join(part for part in parts if part) or "as it is"


def done(names: Sequence[str], wanted: Wanted) -> str:
    """`node4 is Drain`, `node2 and node3 are workers`."""
    if wanted.role and not (wanted.availability or wanted.label_add or wanted.label_rm):
        predicate = f"is a {wanted.role}" if len(names) == 1 else f"are {wanted.role}s"
    else:
        predicate = (
            "has " if (wanted.label_add and not wanted.availability and not wanted.role) else "is "
        ) + goal(wanted)
    return f"{listed(tuple(names))} {predicate}"


def nothing_to_do(wanted: Wanted, names: Sequence[str]) -> str:
    """Why there is nothing to do: no flag, or the nodes are like that already."""
    if wanted == Wanted():
        return (
            "no flag says what to change: `--availability`, `--label-add`, `--label-rm` or `--role`"
        )
    return f"{done(names, wanted)} already"


def differences(before: Node, after: Node, several: bool) -> Iterable[Difference]:
    """In the CLI's flag names; with the node's name in front where there are several."""
    name = f"{before.name} " if several else ""
    if before.availability != after.availability:
        yield Difference(f"{name}--availability", before.availability, after.availability)
    if before.role != after.role:
        yield Difference(f"{name}--role", before.role, after.role)
    for key in sorted({*before.labels, *after.labels}):
        old, new = before.labels.get(key), after.labels.get(key)
        if old != new:
            yield Difference(
                f"{name}--label-{'rm' if new is None else 'add'} {key}",
                _shown(key, old),
                _shown(key, new),
            )


def _shown(label: str, value: str | None) -> str:
    return "" if value is None else masked_field(label, value) or '""'
