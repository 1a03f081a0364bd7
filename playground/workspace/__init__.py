"""A Slack workspace on loopback: the Web API, Socket Mode and HTTP mode.

It refuses what Slack refuses. Tests and the demo need a Slack that shows what users would see, and
breaks on demand; nothing else speaks Socket Mode from Slack's side.
"""

from playground.workspace.errors import (
    FormRefusedError,
    NoNotificationTextError,
    NothingToUseError,
    NotSeenError,
    SeenError,
    SlackError,
)
from playground.workspace.faults import Faults
from playground.workspace.model import MANIFEST_SCOPES, ApiCall, Change, Delivery, Limits
from playground.workspace.person import Person
from playground.workspace.surfaces import Button, Message, Screen
from playground.workspace.workspace import Workspace

__all__ = [
    "MANIFEST_SCOPES",
    "ApiCall",
    "Button",
    "Change",
    "Delivery",
    "Faults",
    "FormRefusedError",
    "Limits",
    "Message",
    "NoNotificationTextError",
    "NotSeenError",
    "NothingToUseError",
    "Person",
    "Screen",
    "SeenError",
    "SlackError",
    "Workspace",
]
