"""What Slack makes of a typed line: links in angle brackets, and `&<>` escaped.

A slash command gets this because its manifest says `should_escape: true`; a message always gets it.
Links matter to a bot that takes image names: Slack turns `ghcr.io/shop/web:2.0` into
`<http://ghcr.io/shop/web:2.0|ghcr.io/shop/web:2.0>`.
"""

import re

from playground.workspace.people import Directory

TOP_DOMAINS = "com|org|net|io|dev|app|de|eu|uk|us|co|cloud|sh|tech|info"
BROADCASTS = ("here", "channel", "everyone")

_URL = r"(?P<url>\b(?:https?|ftp)://[^\s<>|\"']+)"
_MAIL = r"(?P<mail>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
_HOST = (
    rf"(?P<host>(?<![\w@/.-])(?:[\w-]+\.)+(?:{TOP_DOMAINS})(?::\d+)?(?:/[^\s<>|\"']*)?(?![\w@.-]))"
)
_MENTION = r"(?P<mention>(?<![\w@/.])@[\w-]+)"
_CHANNEL = r"(?P<channel>(?<![\w#/&;])#[\w-]+)"
_TOKENS = re.compile("|".join((_URL, _MAIL, _HOST, _MENTION, _CHANNEL)))


def escape(text: str) -> str:
    """`&`, `<` and `>` as Slack wants them in text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_sent(line: str, directory: Directory, *, labels: bool) -> str:
    """The line as Slack sends it to an app.

    With `labels`, mentions have names (`<@U…|dev>`), as in slash commands.
    """
    parts: list[str] = []
    end = 0
    for match in _TOKENS.finditer(line):
        parts += [escape(line[end : match.start()]), _token(match, directory, labels=labels)]
        end = match.end()
    return "".join((*parts, escape(line[end:])))


def _token(match: re.Match[str], directory: Directory, *, labels: bool) -> str:
    text, kind = match.group(), str(match.lastgroup)
    if kind == "url":
        return f"<{escape(text)}>"
    if kind == "mail":
        return f"<mailto:{text}|{text}>"
    if kind == "host":
        return f"<http://{escape(text)}|{escape(text)}>"
    return _reference(text, directory, labels=labels) or escape(text)


def _reference(text: str, directory: Directory, *, labels: bool) -> str:
    sign, name = text[0], text[1:]
    label = f"|{name}" if labels else ""
    if sign == "#":
        channel = directory.find_channel(name)
        return f"<#{channel.id}|{name if labels else ''}>" if channel and not channel.is_im else ""
    if name in BROADCASTS:
        return f"<!{name}>"
    user = next((user for user in directory.users.values() if user.name == name), None)
    if user is not None:
        return f"<@{user.id}{label}>"
    group = directory.group(name)
    return f"<!subteam^{group.id}|@{name}>" if group else ""
