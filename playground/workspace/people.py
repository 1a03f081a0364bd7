"""Who and where: people, user groups, channels and direct messages of the workspace."""

from dataclasses import replace
from typing import Any

from playground.workspace.errors import UnknownNameError
from playground.workspace.model import (
    BOT_NAME,
    BOT_USER,
    SLACKBOT,
    Channel,
    Group,
    Installation,
    User,
)

PEOPLE = (
    User("U0DEV00001", "dev", "Dana Develop"),
    User("U0LEAD0001", "lead", "Lee Lead"),
    User("U0GUEST001", "guest", "Gil Guest", tz="America/New_York", is_restricted=True),
    User("U0OPS00001", "ops", "Olga Ops"),
)
APP_USER = User(BOT_USER, BOT_NAME, "swarmbot", is_bot=True)
SLACK_USER = User(SLACKBOT, "slackbot", "Slackbot", is_bot=True)
GROUPS = (
    Group("S0OPS", "ops-team", ("U0OPS00001", "U0LEAD0001")),
    Group("S0LEADS", "leads", ("U0LEAD0001",)),
)
_HUMANS = frozenset(person.id for person in PEOPLE)
CHANNELS = (
    Channel("C0OPS00001", "ops", _HUMANS | {BOT_USER}),
    Channel("C0ALERTS01", "alerts", _HUMANS | {BOT_USER}),
    Channel("C0GENERAL1", "general", _HUMANS),
)


def address_of(user: User) -> str:
    """The e-mail address of somebody in the workspace."""
    return f"{user.name}@shop.example.com"


class Directory:
    """Looks up people, groups and channels by id or name.

    Direct messages are created when they are first opened.
    """

    def __init__(self) -> None:
        self.users = {user.id: user for user in (*PEOPLE, APP_USER, SLACK_USER)}
        self.groups = {group.id: group for group in GROUPS}
        self.channels = {channel.id: channel for channel in CHANNELS}
        self.installed = Installation()
        self.payloads_for = self.installed
        """Whom payloads are for: another than `installed` where they are misdirected."""

    def installs(self, installation: Installation) -> None:
        """The app is installed there, and payloads are for there."""
        self.installed = self.payloads_for = installation

    def changes_installation(self, **fields: Any) -> None:
        """The app gets other scopes, or its token is taken away."""
        self.installed = replace(self.installed, **fields)
        self.payloads_for = replace(self.payloads_for, **fields)

    def changes_channel(self, name: str, **fields: Any) -> Channel:
        """A channel becomes something else: archived, private, without the app."""
        known = self.channel(name)
        self.channels[known.id] = replace(known, **fields)
        return self.channels[known.id]

    def removes_app(self, name: str, **fields: Any) -> Channel:
        """The app is taken out of a channel, which may become something else in the same moment."""
        return self.changes_channel(name, members=self.channel(name).members - {BOT_USER}, **fields)

    def between(self, *names: str) -> Channel:
        """The direct messages between people, of which the app is no part."""
        people = [self.user(name) for name in names]
        channel = Channel(
            f"D{'-'.join(person.id for person in people)}",
            f"dm-{'-'.join(person.name for person in people)}",
            frozenset(person.id for person in people),
            is_im=True,
        )
        return self.channels.setdefault(channel.id, channel)

    def invite(self, user: User) -> User:
        """Add somebody, or somebody's new self, to all channels that the app is in."""
        self.users[user.id] = user
        for channel in list(self.channels.values()):
            if BOT_USER in channel.members and not channel.is_im:
                members = channel.members | {user.id}
                self.channels[channel.id] = replace(channel, members=members)
        return user

    def user(self, name: str) -> User:
        """The person of that name or id; raises UnknownNameError."""
        wanted = name.lstrip("@")
        match = next((user for user in self.users.values() if wanted in (user.id, user.name)), None)
        if match is None:
            raise UnknownNameError("person", name, tuple(user.name for user in self.users.values()))
        return match

    def channel(self, name: str) -> Channel:
        """The channel of that name or id; raises UnknownNameError."""
        match = self.find_channel(name)
        if match is None:
            raise UnknownNameError(
                "channel", name, tuple(channel.name for channel in self.channels.values())
            )
        return match

    def find_channel(self, name: str) -> Channel | None:
        """The channel of that id or name, or None.

        A user's id means the app's direct message with them.
        """
        if name in self.users and not self.users[name].is_bot:
            return self.direct(name)
        wanted = name.lstrip("#")
        return next(
            (channel for channel in self.channels.values() if wanted in (channel.id, channel.name)),
            None,
        )

    def direct(self, user: str) -> Channel:
        """The direct message between the app and a person; opened when it is not there yet."""
        channel = Channel(
            f"D{user[1:]}", f"dm-{self.users[user].name}", frozenset((user, BOT_USER)), is_im=True
        )
        return self.channels.setdefault(channel.id, channel)

    def group(self, handle: str) -> Group | None:
        """The user group of that handle or id, or None."""
        return next(
            (group for group in self.groups.values() if handle in (group.id, group.handle)), None
        )

    def name_of(self, id_: str) -> str:
        """How an id is shown after `@` or `#`; the id itself when nobody has it."""
        if id_ in self.users:
            return self.users[id_].name
        if id_ in self.groups:
            return self.groups[id_].handle
        return self.channels[id_].name if id_ in self.channels else id_
