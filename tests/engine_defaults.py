"""What an engine sets where `docker swarm init` names nothing."""

from __future__ import annotations

from typing import Any


def swarm_spec() -> dict[str, Any]:
    """`Spec` of `GET /swarm` on a new Swarm: heartbeats of the dispatcher in nanoseconds, those of
    Raft in ticks of a second (docker swarm init, engines 20.10 to 28)."""
    return {
        "Name": "default",
        "Labels": {},
        "Orchestration": {"TaskHistoryRetentionLimit": 5},
        "Raft": {
            "SnapshotInterval": 10_000,
            "KeepOldSnapshots": 0,
            "LogEntriesForSlowFollowers": 500,
            "ElectionTick": 10,
            "HeartbeatTick": 1,
        },
        "Dispatcher": {"HeartbeatPeriod": 5_000_000_000},
        "CAConfig": {"NodeCertExpiry": 7_776_000_000_000_000},
        "TaskDefaults": {},
        "EncryptionConfig": {"AutoLockManagers": False},
    }
