"""Redis in memory does what the real one does: the tests of the stores run on it as well.

A test that kills or freezes its server, or that needs more than two clients, is left to the real
one.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.memory.twin.redis_twin import RedisTwin
from tests.store import (
    test_ages,
    test_alerts,
    test_approvals,
    test_audit,
    test_commands,
    test_deliveries,
    test_holds,
    test_leader,
    test_locks,
    test_new_images,
    test_queue,
    test_revisions,
    test_rollouts,
    test_seen,
    test_tokens,
)

MODULES = (
    test_ages,
    test_alerts,
    test_approvals,
    test_audit,
    test_commands,
    test_deliveries,
    test_holds,
    test_leader,
    test_locks,
    test_new_images,
    test_queue,
    test_revisions,
    test_rollouts,
    test_seen,
    test_tokens,
)
LEFT_OUT = frozenset(
    {
        # fakeredis keeps no statistics of commands.
        "test_the_recent_ones_cost_one_question",
        # These take seconds, for they wait in real time, or do much.
        "test_any_single_edit_addition_or_removal_is_found_where_it_was_made",
        "test_the_lease_is_renewed_while_the_work_goes_on_and_the_thread_ends_with_it",
        "test_long_audits_are_read_to_the_end",
        "test_two_who_race_for_long_never_lead_at_once_and_numbers_grow",
        "test_a_claim_ends",
        "test_nothing_that_people_say_is_lost_while_the_leader_saves",
        "test_the_memory_of_a_process_is_bounded",
    }
)
CLIENTS = {"redis", "other_redis"}
Case = Callable[..., None]


def cases(module: ModuleType) -> list[Case]:
    """The tests of a module that need nothing but clients."""
    tests = [
        member
        for name, member in vars(module).items()
        if name.startswith("test_") and name not in LEFT_OUT
    ]
    return [test for test in tests if set(inspect.signature(test).parameters) <= CLIENTS]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{module.__name__.rpartition('.')[2]}-{case.__name__}")
        for module in MODULES
        for case in cases(module)
    ],
)
def test_the_twin_does_what_redis_does(case: Case) -> None:
    twin = RedisTwin(time.time)
    needed = inspect.signature(case).parameters
    case(**{name: twin.client() for name in needed})
