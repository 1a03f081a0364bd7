"""The Web API's methods about people and places: auth, team, users, groups, conversations."""

from typing import Any

from playground.workspace.arguments import Arguments
from playground.workspace.errors import SlackError
from playground.workspace.methods_chat import Method
from playground.workspace.model import (
    APP,
    BOT,
    BOT_NAME,
    BOT_USER,
    TEAM,
    TEAM_NAME,
    Channel,
    Group,
    User,
)
from playground.workspace.people import address_of
from playground.workspace.state import State

SCOPE_OF = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read"}
END = {"response_metadata": {"next_cursor": ""}}


def auth_test(state: State, _: Arguments) -> dict[str, Any]:
    """auth.test."""
    installed = state.directory.installed
    grid = {"enterprise_id": installed.enterprise} if installed.enterprise else {}
    return {
        **grid,
        "url": f"{state.base_url}/",
        "team": TEAM_NAME,
        "user": BOT_NAME,
        "team_id": installed.enterprise if installed.for_all else installed.team,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": installed.for_all,
    }


def team_info(_: State, __: Arguments) -> dict[str, Any]:
    """team.info."""
    return {"team": {"id": TEAM, "name": TEAM_NAME, "domain": "swarm-playground"}}


def bots_info(_: State, args: Arguments) -> dict[str, Any]:
    """bots.info."""
    if args.text("bot") not in ("", BOT):
        raise SlackError("bot_not_found")
    return {
        "bot": {"id": BOT, "app_id": APP, "user_id": BOT_USER, "name": BOT_NAME, "deleted": False}
    }


def users_info(state: State, args: Arguments) -> dict[str, Any]:
    """users.info."""
    return {"user": _user_json(_user(state, args.need("user", "user_not_found")))}


def users_by_address(state: State, args: Arguments) -> dict[str, Any]:
    """users.lookupByEmail: somebody of this workspace who has not left."""
    address = args.need("email", "users_not_found").lower()
    for user in state.directory.users.values():
        if address == address_of(user) and not user.deleted and user.team == TEAM:
            return {"user": _user_json(user)}
    raise SlackError("users_not_found")


def users_list(state: State, _: Arguments) -> dict[str, Any]:
    """users.list."""
    return {"members": [_user_json(user) for user in state.directory.users.values()], **END}


def groups_list(state: State, args: Arguments) -> dict[str, Any]:
    """usergroups.list."""
    with_members = args.flag("include_users")
    return {
        "usergroups": [
            _group_json(group, with_members) for group in state.directory.groups.values()
        ]
    }


def group_members(state: State, args: Arguments) -> dict[str, Any]:
    """usergroups.users.list."""
    group = state.directory.groups.get(args.need("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.members)}


def open_direct(state: State, args: Arguments) -> dict[str, Any]:
    """conversations.open: a direct message with one person."""
    users = [name for name in args.text("users").split(",") if name]
    if not users:
        return {"channel": {"id": _channel(state, args).id}}
    if len(users) > 1 or users[0] == BOT_USER:
        raise SlackError(
            "not_enough_users" if users == [BOT_USER] else "method_not_supported_for_channel_type"
        )
    channel = state.directory.direct(_user(state, users[0]).id)
    return {"channel": {"id": channel.id}, "no_op": False, "already_open": False}


def channel_info(state: State, args: Arguments) -> dict[str, Any]:
    """conversations.info: each kind of conversation has a scope of its own."""
    channel = _channel(state, args)
    needed = SCOPE_OF[_kind(channel)]
    granted = state.directory.installed.scopes
    if needed not in granted:
        extra = {"needed": needed, "provided": ",".join(granted)}
        raise SlackError("missing_scope", extra=extra)
    return {"channel": _channel_json(channel)}


def channel_list(state: State, args: Arguments) -> dict[str, Any]:
    """conversations.list."""
    kinds = (args.text("types") or "public_channel").split(",")
    listed = [
        channel
        for channel in state.directory.channels.values()
        if _kind(channel) in kinds and not channel.is_hidden_from(BOT_USER)
    ]
    return {"channels": [_channel_json(channel) for channel in listed], **END}


def channel_members(state: State, args: Arguments) -> dict[str, Any]:
    """conversations.members."""
    return {"members": sorted(_channel(state, args).members), **END}


def _channel(state: State, args: Arguments) -> Channel:
    channel = state.directory.channels.get(args.need("channel", "channel_not_found"))
    if channel is None or channel.is_hidden_from(BOT_USER):
        raise SlackError("channel_not_found")
    return channel


def _user(state: State, id_: str) -> User:
    if id_ not in state.directory.users:
        raise SlackError("user_not_found")
    return state.directory.users[id_]


def _user_json(user: User) -> dict[str, Any]:
    profile = {"real_name": user.real_name, "display_name": user.name}
    grid = {"enterprise_user": {"enterprise_id": user.enterprise}} if user.enterprise else {}
    return {
        **grid,
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "real_name": user.real_name,
        "profile": profile,
        "tz": user.tz,
        "is_bot": user.is_bot,
        "is_restricted": user.is_restricted or user.is_ultra_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "deleted": user.deleted,
    }


def _group_json(group: Group, with_members: bool) -> dict[str, Any]:
    members = {"users": list(group.members)} if with_members else {}
    return {
        "id": group.id,
        "team_id": TEAM,
        "name": group.handle,
        "handle": group.handle,
        "date_delete": 0,
        **members,
    }


def _kind(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def _channel_json(channel: Channel) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": channel.id, "is_im": channel.is_im}
    shown["is_archived"] = channel.is_archived
    if channel.is_im:
        return shown | {"user": next(iter(channel.members - {BOT_USER}))}
    return shown | {
        "name": channel.name,
        "is_channel": True,
        "is_private": channel.is_private,
        "is_member": BOT_USER in channel.members,
        "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": channel.is_pending_ext_shared,
        "num_members": len(channel.members),
    }


METHODS: dict[str, Method] = {
    "auth.test": auth_test,
    "team.info": team_info,
    "bots.info": bots_info,
    "users.info": users_info,
    "users.list": users_list,
    "users.lookupByEmail": users_by_address,
    "usergroups.list": groups_list,
    "usergroups.users.list": group_members,
    "conversations.open": open_direct,
    "conversations.info": channel_info,
    "conversations.list": channel_list,
    "conversations.members": channel_members,
}
