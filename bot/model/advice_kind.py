"""The kinds of findings that the doctor has."""

from __future__ import annotations

from enum import StrEnum


class AdviceKind(StrEnum):
    """What can be wrong, risky, or better."""

    NO_LEADER = "no-leader"
    LOCKED = "locked"
    ENGINE = "engine"
    MANAGERS = "managers"
    MANAGER_UNREACHABLE = "manager-unreachable"
    NOT_CONNECTED = "not-connected"
    LEFT_OVER = "left-over"
    NODE_DOWN = "node-down"
    NO_NODE_ACTIVE = "no-node-active"
    MANAGER_DRAINED = "manager-drained"
    NODE_CLOSED = "node-closed"
    VERSIONS = "versions"
    CLOCK = "clock"
    OVER_RESERVED = "over-reserved"
    NO_SPARE_ROOM = "no-spare-room"
    SKEWED = "skewed"
    BELOW_COUNT = "below-count"
    NEVER_RAN = "never-ran"
    PLACEMENT = "placement"
    TIED_DATA = "tied-data"
    IMAGE_MISSING = "image-missing"
    NO_DIGEST = "no-digest"
    LATEST = "latest"
    UPDATE_CONTINUE = "update-continue"
    ALL_AT_ONCE = "all-at-once"
    HEALTH_CHECK = "health-check"
    SINGLE = "single"
    NO_RESTART = "no-restart"
    NO_MEMORY_LIMIT = "no-memory-limit"
    CERTIFICATE = "certificate"
    ROOT_ROTATION = "root-rotation"
    AUTOLOCK = "autolock"
    TASK_HISTORY = "task-history"
