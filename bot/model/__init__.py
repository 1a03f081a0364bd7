"""Frozen values that pass between the rooms.

No vendor's object, no behaviour beyond reading themselves.
"""

from bot.model.causes import Cause, CauseKind, Symptom
from bot.model.change import Difference, Ending, Kind, Lock, Plan
from bot.model.images import Image, Platform, ResolvedImage
from bot.model.outcome import Outcome
from bot.model.people import Actor, File, Message, MessageRef, MessageState, Place, Standing
from bot.model.rollout import (
    Failure,
    Finding,
    Phase,
    Progress,
    Revision,
    Rollout,
    Slot,
    Step,
)
from bot.model.status import Shortfall, Status
from bot.model.swarm import (
    Availability,
    ManagerStatus,
    Mode,
    Node,
    NodeRole,
    NodeState,
    Port,
    Reachability,
    Resources,
    Service,
    Spec,
    Task,
    TaskState,
    UpdateStatus,
)

__all__ = [
    "Actor",
    "Availability",
    "Cause",
    "CauseKind",
    "Difference",
    "Ending",
    "Failure",
    "File",
    "Finding",
    "Image",
    "Kind",
    "Lock",
    "ManagerStatus",
    "Message",
    "MessageRef",
    "MessageState",
    "Mode",
    "Node",
    "NodeRole",
    "NodeState",
    "Outcome",
    "Phase",
    "Place",
    "Plan",
    "Platform",
    "Port",
    "Progress",
    "Reachability",
    "ResolvedImage",
    "Resources",
    "Revision",
    "Rollout",
    "Service",
    "Shortfall",
    "Slot",
    "Spec",
    "Standing",
    "Status",
    "Step",
    "Symptom",
    "Task",
    "TaskState",
    "UpdateStatus",
]
