"""Who approves is shown every value that differs, in the message or in the file of its thread."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Difference, Message, Plan
from bot.model.approval import Approval
from bot.model.secrecy import masked_text
from bot.render import approval_message, approval_rows
from bot.render.slack.text import unescaped
from bot.swarm.spec.details import details
from tests.unit.render.catalogue_approvals import DEPLOY, OPEN

WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789/.-_ \n'\"<&`*", min_size=1, max_size=90)
NUMBER = st.integers(min_value=0, max_value=10**6)
CONTAINER = st.fixed_dictionaries(
    {},
    optional={
        "Args": st.lists(WORD, max_size=5),
        "Command": st.lists(WORD, max_size=3),
        "User": WORD,
        "Dir": WORD,
        "Groups": st.lists(WORD, max_size=3),
        "CapabilityAdd": st.lists(WORD, max_size=3),
        "Hosts": st.lists(WORD, max_size=25),
        "Mounts": st.lists(
            st.fixed_dictionaries({"Source": WORD, "Target": WORD, "ReadOnly": st.booleans()}),
            max_size=4,
        ),
        "TTY": st.booleans(),
    },
)
SPEC = st.fixed_dictionaries(
    {
        "Name": WORD,
        "TaskTemplate": st.fixed_dictionaries({"ContainerSpec": CONTAINER, "ForceUpdate": NUMBER}),
    },
    optional={"UpdateConfig": st.fixed_dictionaries({"Parallelism": NUMBER})},
)


def leaves(value: Any) -> Iterator[str]:
    """Every value in a specification, in words."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield str(value).lower() if isinstance(value, bool) else str(value)


def asked_for(before: dict[str, Any], after: dict[str, Any]) -> Approval:
    plan = Plan(title="web", targets=(), fingerprint="f", details=details(before, after))
    return replace(OPEN, plan=plan, awaits_file=not approval_rows.fits(plan))


def readable(shown: Message) -> str:
    """What stands in the message and in its files, with Slack's entities undone."""
    texts = [block["text"]["text"] for block in shown.blocks if "text" in block]
    return "\n".join([unescaped("\n".join(texts)), *(str(file.content) for file in shown.files)])


def shows(text: str, leaf: str) -> bool:
    """Whether it stands there, wrapped at its spaces or not, and with dots for what looks like a
    secret in it."""
    return "".join(masked_text(leaf).replace("\n", "\\n").split()) in "".join(text.split())


def changed_leaves(before: Any, after: Any) -> Iterator[str]:
    """The leaves of what is not the same before and after, apart from items that only moved."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {*before, *after}:
            yield from changed_leaves(before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        yield from leaves([item for item in before if item not in after])
        yield from leaves([item for item in after if item not in before])
    else:
        yield from (leaf for side in (before, after) if side is not None for leaf in leaves(side))


@given(SPEC, SPEC)
def test_every_leaf_that_differs_is_shown(before: dict[str, Any], after: dict[str, Any]) -> None:
    text = readable(approval_message.shown(asked_for(before, after)))

    for leaf in changed_leaves(before, after):
        assert shows(text, leaf)


@given(SPEC)
def test_a_new_service_is_shown_as_a_whole(spec: dict[str, Any]) -> None:
    text = readable(approval_message.shown(asked_for({}, spec)))

    for leaf in leaves(spec):
        assert shows(text, leaf)


def test_secret_values_are_dots_and_their_names_stay() -> None:
    before: dict[str, Any] = {"TaskTemplate": {"ContainerSpec": {"Env": ["DB_PASSWORD=hunter2"]}}}
    after = copy.deepcopy(before)
    after["TaskTemplate"]["ContainerSpec"] = {
        "Env": ["DB_PASSWORD=hunter3", "MODE=very-private"],
        "Args": ["run", "--token", "tell-nobody"],
        "Labels": {"shop.api-key": "tell-nobody"},
    }
    after["TaskTemplate"]["LogDriver"] = {"Name": "splunk", "Options": {"token": "tell-nobody"}}
    text = readable(approval_message.shown(asked_for(before, after)))

    for secret in ("hunter", "private", "nobody"):
        assert secret not in text
    for name in ("DB_PASSWORD=•••", "MODE=••••••", "--token", "shop.api-key", "Options.token"):
        assert name in text


def test_what_is_dangerous_comes_first() -> None:
    plan = replace(
        DEPLOY,
        changes=(*DEPLOY.changes, Difference("mount-add", "", "type=bind,source=/,target=/host")),
    )
    assert [row.field for row in approval_rows.rows(plan)] == [
        "image",
        "mount-add",
        "--update-parallelism",
        "--update-delay",
    ]


def test_what_the_flags_say_is_not_said_twice_except_where_it_is_dangerous() -> None:
    after: dict[str, Any] = {
        "Mode": {"Replicated": {"Replicas": 8}},
        "TaskTemplate": {"ContainerSpec": {}},
    }
    before = copy.deepcopy(after)
    before["Mode"]["Replicated"]["Replicas"] = 3
    plan = replace(DEPLOY, changes=(Difference("replicas", "3", "8"),))
    assert approval_rows.rows(replace(plan, details=details(before, after))) == plan.changes


@pytest.mark.parametrize(
    "value", ["x" * 61, "two  blanks", "line\nbreak", "left\u202eright", "tail "]
)
def test_a_value_that_a_row_cannot_show_is_in_the_file(value: str) -> None:
    plan = replace(DEPLOY, changes=(*DEPLOY.changes, Difference("args", "", value)))
    assert not approval_rows.fits(plan)
    approval = replace(OPEN, plan=plan, awaits_file=True)
    shown = approval_message.shown(approval)
    (file,) = shown.files
    assert value.encode("unicode_escape").decode() in str(file.content)
    assert "Approve" not in repr(shown.blocks)
    assert "Approve" in repr(approval_message.shown(replace(approval, awaits_file=False)).blocks)
