"""Renders Slack's text formatting as HTML, as `workspace.mrkdwn.seen` does for a terminal."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playground.page.html import Html, el, join
from playground.workspace.mrkdwn import emoji, seen, unescape
from playground.workspace.text import Reader

_KEPT_WHOLE = re.compile(
    r"\n?```\n?(?P<fence>.*?)\n?```\n?|`(?P<code>[^`\n]+)`|<(?P<angle>[^<>\n]+)>", re.DOTALL
)
_MARKS = re.compile(r"(?<![\w*_~])([*_~])(?=\S)((?:(?!\1).)+?)(?<=\S)\1(?![\w*_~])")
_PLACE = re.compile(r"\x00(\d+)\x00")
_PRETTY = re.compile(r"\{date\w*_pretty\}")
_TAGS = {"*": "strong", "_": "em", "~": "s"}
_LINKS = ("http://", "https://", "mailto:")
_BLOCK = "\x01"
_BULLETS = ("• ", "◦ ")
_QUOTES = ("&gt;", ">")


def rendered(text: str, reader: Reader) -> Html:
    """The text as `reader` sees it."""
    kept: list[Html] = []

    def keep(match: re.Match[str]) -> str:
        kind = str(match.lastgroup)
        kept.append(_whole(kind, match.group(kind), reader))
        place = f"\x00{len(kept) - 1}\x00"
        return f"\n{_BLOCK}{place}\n" if kind == "fence" else place

    bare = text.replace("\x00", "").replace(_BLOCK, "")
    lines = _KEPT_WHOLE.sub(keep, bare).strip("\n").split("\n")
    return join(_paragraphs(lines, kept))


def plain(text: str) -> Html:
    """A `plain_text` object: emoji, and nothing else."""
    return _broken(emoji(text))


def _paragraphs(lines: list[str], kept: list[Html]) -> Iterator[Html]:
    """Runs of quoted lines, of list items and of plain lines, each as one element."""
    runs: list[tuple[str, list[str]]] = []
    for line in lines:
        kind, content = _kind(line)
        if runs and runs[-1][0] == kind and kind != "block":
            runs[-1][1].append(content)
        else:
            runs.append((kind, [content]))
    for kind, contents in runs:
        yield _run(kind, [_inline(content, kept) for content in contents])


def _kind(line: str) -> tuple[str, str]:
    if line.startswith(_BLOCK):
        return "block", line[1:]
    sign = next((prefix for prefix in _QUOTES if line.startswith(prefix)), "")
    if sign:
        return "quote", line.removeprefix(sign).removeprefix(" ")
    bullet = next((prefix for prefix in _BULLETS if line.startswith(prefix)), "")
    return ("list", line.removeprefix(bullet)) if bullet else ("text", line)


def _run(kind: str, lines: list[Html]) -> Html:
    if kind == "block":
        return lines[0]
    if kind == "list":
        return el("ul", *(el("li", line) for line in lines))
    broken = join(part for line in lines for part in (el("br"), line))
    content = Html(broken.removeprefix("<br>"))
    return (
        el("blockquote", content) if kind == "quote" else el("p", content) if content else Html("")
    )


def _inline(text: str, kept: list[Html]) -> Html:
    parts: list[Html] = []
    at = 0
    while match := _MARKS.search(text, at):
        parts += [
            _leaf(text[at : match.start()], kept),
            el(_TAGS[match.group(1)], _inline(match.group(2), kept)),
        ]
        at = match.end()
    return join((*parts, _leaf(text[at:], kept)))


def _leaf(text: str, kept: list[Html]) -> Html:
    pieces = _PLACE.split(text)
    return join(
        kept[int(piece)] if index % 2 else unescape(emoji(piece))
        for index, piece in enumerate(pieces)
    )


def _whole(kind: str, inside: str, reader: Reader) -> Html:
    if kind == "angle":
        return _angle(inside, reader)
    # Marks mean nothing in code, but an address or a mention is still shown as its name.
    shown = join(
        unescape(piece)
        if index % 2 == 0
        else seen(f"<{piece}>", reader.state.directory, reader.zone)
        for index, piece in enumerate(re.split(r"<([^<>\n]+)>", inside))
    )
    # In a scrolling region the keyboard has to get a hold somewhere.
    return el("pre", el("code", shown), tabindex="0") if kind == "fence" else el("code", shown)


def _angle(inside: str, reader: Reader) -> Html:
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return _date(inside, target, reader)
    shown = seen(f"<{inside}>", reader.state.directory, reader.zone)
    if target[:1] in ("@", "#", "!"):
        return el("span", shown, class_="mention me" if target == f"@{reader.user}" else "mention")
    address = unescape(target)
    if not address.startswith(_LINKS):
        return join((shown,))
    return el(
        "a", unescape(label or target), href=address, target="_blank", rel="noopener noreferrer"
    )


def _date(inside: str, target: str, reader: Reader) -> Html:
    parts = target.split("^")
    if len(parts) < 3 or not parts[1].isdigit() or len(parts[1]) > 11:
        return join((unescape(inside.partition("|")[2]),))
    zone = ZoneInfo(reader.zone)
    moment = datetime.fromtimestamp(int(parts[1]), zone)
    shown = seen(
        f"<{_PRETTY.sub(lambda token: near(moment) or token.group(), inside)}>",
        reader.state.directory,
        reader.zone,
    )
    return el(
        "time",
        shown,
        datetime=moment.astimezone(UTC).isoformat(),
        title=f"{moment:%Y-%m-%d %H:%M:%S %Z}",
    )


def near(moment: datetime) -> str:
    """`today` or `yesterday`, as Slack says where it can; else empty."""
    today = datetime.now(moment.tzinfo).date()
    return {today: "today", today - timedelta(days=1): "yesterday"}.get(moment.date(), "")


def _broken(text: str) -> Html:
    lines = text.split("\n")
    return Html(join(part for line in lines for part in (el("br"), line)).removeprefix("<br>"))
