"""A specification that is kept as JSON says the same as one that is not."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.swarm.spec.compact import CompactSpec
from bot.swarm.spec.edit import differences, fingerprint, masked
from tests.bench.simulation import shapes

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_whatever_stands_in_it(spec: dict[str, Any]) -> None:
    compact = CompactSpec(spec)
    assert compact == spec
    assert spec == compact
    assert CompactSpec(compact) == compact
    assert len(compact) == len(spec)
    assert json.dumps(dict(compact)) == json.dumps(spec)
    assert fingerprint(compact) == fingerprint(spec)


def test_a_service_as_engines_write_it() -> None:
    raw = shapes.service(4, 20)
    spec, previous = raw["Spec"], raw["PreviousSpec"]
    assert masked(CompactSpec(spec)) == masked(spec)
    assert differences(CompactSpec(previous), CompactSpec(spec)) == differences(previous, spec)
    assert copy.deepcopy(dict(CompactSpec(spec))) == spec
    assert CompactSpec(spec) != previous


def test_what_only_newer_engines_call_off_makes_no_other_specification() -> None:
    privileges = {"CredentialSpec": None, "SELinuxContext": None}
    older = {"Image": "web", "Privileges": privileges}
    newer = {"Image": "web", "Privileges": {**privileges, "NoNewPrivileges": False}}

    assert fingerprint(newer) == fingerprint(older) == fingerprint(CompactSpec(newer))
    for name, value in (("ReadOnly", True), ("Init", False), ("Hosts", [])):
        assert fingerprint({**newer, name: value}) != fingerprint(older), name
