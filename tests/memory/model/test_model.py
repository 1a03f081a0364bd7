"""Whatever people, bots, Redis, Swarm, Slack and the clocks do, and in whatever order: what was
said is so, and nothing happens twice or unasked.

`make model` tells many more and longer runs than `make check`.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.memory.model.machine import Machine

RUNS = int(os.environ.get("MODEL_RUNS", "200"))
STEPS = int(os.environ.get("MODEL_STEPS", "5"))

TestModel = Machine.TestCase
TestModel.settings = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=RUNS <= 200,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
