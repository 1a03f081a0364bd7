"""What of the configuration Slack accepts: tokens, scopes, the channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from bot.settings import Settings
from handlers.slack.shared_channels import shared_channels

OAUTH_SCOPES = (
    "commands",
    "chat:write",
    "chat:write.public",
    "users:read",
    "files:write",
    "im:write",
    "app_mentions:read",
)
"""Without these the bot cannot do its work; user groups in roles need `usergroups:read` as well."""
_SPARED = {
    "im:history": "lines in direct messages are not heard",
    "users:read.email": "authors of commits that CI passes are not mentioned",
}
"""What the bot goes on without, and what that costs; `channels:read` is spoken of at channels."""
_INVITE = "type /invite @swarmbot there"
_NO_CHANNEL = {
    "channel_not_found": "there is no such channel, or it is private and the bot is not in it: "
    f"{_INVITE}. Here it has to be an id such as C0123ABCD",
}
_GROUPS = {
    "no_such_subteam": "there is no such user group; it has to be an id such as S0OPS0000",
    "plan_upgrade_required": "user groups need a paid plan: name the users in the role instead",
    "paid_teams_only": "user groups need a paid plan: name the users in the role instead",
}


def check_slack(client: WebClient, settings: Settings) -> Iterator[tuple[str, str]]:
    """Pairs of subject and problem; the problem is empty where all is well."""
    yield from _bot_token(client, settings)
    if settings.slack_app_token:
        token = settings.slack_app_token.get_secret_value()
        yield "Slack app token", _call(lambda: client.apps_connections_open(app_token=token))
    for channel in settings.channels:
        yield f"channel {channel}", _channel(client, channel)
    yield from _shared(client, settings)
    yield "file upload", _call(lambda: _upload(client))
    for group in sorted({group for role in settings.roles for group in role.groups}):
        problem = _call(partial(client.usergroups_users_list, usergroup=group))
        yield f"user group {group}", _GROUPS.get(problem, problem)


def _bot_token(client: WebClient, settings: Settings) -> Iterator[tuple[str, str]]:
    try:
        answer = client.auth_test()
    except (SlackClientError, OSError) as error:
        yield "Slack bot token", _reason(error)
        return
    yield f"Slack bot token (workspace {answer.get('team')}, as {answer.get('user')})", ""
    missing = missing_scopes(answer, settings)
    if _granted(answer):
        yield (
            "Slack scopes",
            missing
            and f"missing: {missing}; add them under OAuth & Permissions and reinstall the app"
            + ("; without users:read nobody has rights" if "users:read" in missing else ""),
        )
        for scope in sorted(_SPARED.keys() - _granted(answer)):
            yield f"Slack scope {scope} (missing: {_SPARED[scope]})", ""


def missing_scopes(answer: SlackResponse, settings: Settings) -> str:
    """The scopes that the bot token lacks, after an answer of Slack; empty where it lacks none, or
    where the answer does not say."""
    granted = _granted(answer)
    wanted = frozenset(OAUTH_SCOPES) | (
        {"usergroups:read"} if any(role.groups for role in settings.roles) else frozenset()
    )
    return ", ".join(sorted(wanted - granted)) if granted else ""


def _granted(answer: SlackResponse) -> frozenset[str]:
    scopes = str(answer.headers.get("x-oauth-scopes") or "").split(",")
    return frozenset(scope.strip() for scope in scopes if scope.strip())


def _channel(client: WebClient, channel: str) -> str:
    """What keeps the bot from a channel, or from sharing files there; empty where nothing does."""
    try:
        known = client.conversations_info(channel=channel)["channel"]
    except SlackApiError as error:
        if error.response.get("error") == "missing_scope":
            return _unseen_channel(client, channel)
        return _NO_CHANNEL.get(_reason(error), _reason(error))
    except (SlackClientError, OSError) as error:
        return _reason(error)
    if known.get("is_archived"):
        return "it is archived, and takes no messages"
    if known.get("is_im") or known.get("is_member"):
        return ""
    return f"the bot is not in it, so it cannot share files there: {_INVITE}"


def _unseen_channel(client: WebClient, channel: str) -> str:
    # Asks for a message that nobody ever wrote: to look at the channel itself, the bot would need
    # one more scope.
    problem = _call(lambda: client.chat_getPermalink(channel=channel, message_ts="1.000000"))
    return "" if problem == "message_not_found" else _NO_CHANNEL.get(problem, problem)


def _upload(client: WebClient) -> None:
    """Upload a file that nobody sees, and take it away."""
    answer = client.files_upload_v2(
        filename="swarmbot-check.txt", content="swarmbot check", request_file_info=False
    )
    client.files_delete(file=answer["files"][0]["id"])


def _shared(client: WebClient, settings: Settings) -> Iterator[tuple[str, str]]:
    """Channels that are shared: said, or a problem where the file wants none."""
    for warning in shared_channels(client, settings):
        refused = warning.refused and settings.messages.shared_channels == "refuse"
        yield (
            f"channel {warning.channel} ({warning.said})",
            "shared_channels refuses it" if refused else "",
        )


def _call(ask: Callable[[], object]) -> str:
    try:
        ask()
    except (SlackClientError, OSError) as error:
        return _reason(error)
    return ""


def _reason(error: Exception) -> str:
    if isinstance(error, SlackApiError):
        return str(error.response["error"])
    return f"Slack cannot be reached: {error}"
