"""`make chaos`: rounds of chaos until so many faults have hit; ends with 1 where anything was not
as promised."""

from __future__ import annotations

import os
import random
import secrets
import sys
import time

from playground.cluster import Cluster
from tests.chaos.faults import FAULTS
from tests.chaos.ground import ground
from tests.chaos.rounds import play

A_ROUND = (9, 12)
"""Faults of one round, from and to."""


def main() -> int:
    seed = os.environ.get("CHAOS_SEED") or secrets.token_hex(4)
    wanted = int(os.environ.get("CHAOS_FAULTS", "60"))
    number = int(os.environ.get("PLAYGROUND_NUMBER", "61"))
    print(f"chaos: seed {seed}, {wanted} faults, on the Swarm with number {number}", flush=True)
    cluster, begun = Cluster(number), time.monotonic()
    cluster.up()
    cluster.reset()
    faults = changes = rounds = violations = 0
    with ground(cluster) as where:
        engine = cluster.manager.docker("version", "--format", "{{.Server.Version}}").strip()
        while faults < wanted:
            rounds += 1
            count = A_ROUND[0] + rounds % (A_ROUND[1] - A_ROUND[0] + 1)
            name = f"{seed}-{rounds}"
            told = play(where, name, random.Random(name).choices(FAULTS, k=count))
            faults, changes = faults + len(told.struck), changes + told.changes
            violations += len(told.violations)
            print(told, *map(str, told.struck), sep="\n   ", flush=True)
            for violation in told.violations:
                print(f"VIOLATION in round {told.seed}: {violation[:1000]}", flush=True)
            if told.evidence:
                print(told.evidence, flush=True)
    print(
        f"chaos: seed {seed}, {rounds} rounds, {faults} faults, {changes} changes of services, "
        f"{violations} violations, {time.monotonic() - begun:.0f} s, engine {engine}"
    )
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
