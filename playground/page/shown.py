"""What one person sees, as values for the page: places, messages, the modal, the Home tab."""

import mimetypes
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from playground.page.blocks import Surface, drawn
from playground.page.elements import more_actions
from playground.page.html import Html, el, join
from playground.page.mrkdwn import near, plain, rendered
from playground.workspace.model import BOT_USER, Channel, Posted, StoredFile, User, View
from playground.workspace.state import State
from playground.workspace.text import Reader

PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
LONGEST_PREVIEW = 4_000
TOPICS = {
    "ops": "Changes to the Swarm: who asked, how it goes, how it ended",
    "alerts": "What the watch finds, each with what to do",
    "general": "Anything else",
}


@dataclass(frozen=True)
class Eyes:
    """A person at the page, in the time zone of their browser."""

    state: State
    user: User
    zone: str

    @property
    def reader(self) -> Reader:
        return Reader(self.state, self.zone, self.user.id)

    def message(self, posted: Posted) -> dict[str, Any] | None:
        """A message as the page takes it; None where this person does not see it."""
        channel = self.state.directory.channels[posted.channel]
        if self.user.id not in channel.members or not posted.is_shown_to(self.user.id):
            return None
        message = {
            "kind": "message",
            "id": f"{posted.channel}/{posted.ts}",
            "channel": posted.channel,
            "ts": posted.ts,
            "thread": posted.thread_ts if posted.thread_ts != posted.ts else "",
            "aloud": posted.aloud,
            "mine": posted.user == self.user.id,
        }
        if posted.deleted_at is not None:
            return {**message, "deleted": True}
        return {**message, "spoken": self._spoken(posted), "html": self._message(posted)}

    def modal(self) -> dict[str, Any]:
        """The modal in front, or that there is none."""
        view = self.state.views.top(self.user.id)
        return (
            {"kind": "modal", "id": view.id, "html": self._modal(view)}
            if view
            else {"kind": "modal", "id": ""}
        )

    def home(self) -> dict[str, Any]:
        """The Home tab as it was last published."""
        view = self.state.views.home(self.user.id)
        if view is None:
            return {"kind": "home", "html": ""}
        surface = Surface(self.reader, f"view-{view.id}", view.filled, view.errors)
        return {
            "kind": "home",
            "html": el(
                "div",
                drawn(view.content["blocks"], surface),
                class_="surface",
                data_surface=f"view/{view.id}",
            ),
        }

    def places(self) -> dict[str, Any]:
        """Who this is, who else there is, and where one can write."""
        directory = self.state.directory
        direct = directory.direct(self.user.id)
        channels = [
            _place(channel)
            for channel in directory.channels.values()
            if not channel.is_im and self.user.id in channel.members
        ]
        return {
            "kind": "places",
            "me": {"id": self.user.id, "name": self.user.name},
            "channels": channels,
            "direct": {
                **_place(direct),
                "name": "swarmbot",
                "topic": "Between you and the bot alone",
            },
        }

    def _message(self, posted: Posted) -> Html:
        author = self.state.directory.users[posted.user]
        name = f"{posted.channel}-{posted.ts}".replace(".", "-")
        filled = self.state.chosen.get((posted.channel, posted.ts), {})
        content = (
            drawn(posted.now.blocks, Surface(self.reader, name, filled))
            if posted.now.blocks
            else el("div", rendered(posted.now.text, self.reader), class_="block text")
        )
        note = el("p", eye(), "Only visible to you", class_="private") if posted.only_for else ""
        aloud = self._root(posted) if posted.aloud else ""
        files = [self._file(self.state.files[file_id]) for file_id in posted.files]
        edited = el("span", "(edited)", class_="edited") if len(posted.versions) > 1 else ""
        body = el(
            "div",
            content,
            *files,
            class_="surface",
            data_surface=f"message/{posted.channel}/{posted.ts}",
        )
        return join(
            (
                el("div", avatar(author), class_="portrait", aria_hidden="true"),
                el(
                    "div",
                    note,
                    aloud,
                    el(
                        "div",
                        *self._head(author, posted),
                        edited,
                        more_actions(posted),
                        class_="head-line",
                    ),
                    body,
                    self._reactions(posted),
                    self._replies(posted),
                    class_="content",
                ),
            )
        )

    def _head(self, author: User, posted: Posted) -> tuple[Html, ...]:
        moment = datetime.fromtimestamp(float(posted.ts), ZoneInfo(self.zone))
        return (
            el("span", author.real_name, class_="author"),
            el("span", "app", class_="badge") if author.is_bot else Html(""),
            el(
                "time",
                moment.strftime("%H:%M"),
                datetime=moment.astimezone(UTC).isoformat(),
                title=f"{near(moment) or moment.strftime('%Y-%m-%d')} {moment:%H:%M:%S}",
            ),
        )

    def _root(self, posted: Posted) -> Html:
        """Above a reply that stands in the channel: what it replies to."""
        root = self.state.messages[posted.channel, posted.thread_ts]
        said = self.reader.mrkdwn(root.now.text).split("\n")[0]
        opener = el("button", said, type="button", class_="link", data_thread=root.ts)
        return el("p", "replied to a thread: ", opener, class_="aloud")

    def _replies(self, posted: Posted) -> Html:
        if posted.thread_ts not in ("", posted.ts) or posted.only_for:
            return Html("")
        replies = [
            reply
            for reply in self.state.thread(posted.channel, posted.ts)
            if reply.is_shown_to(self.user.id)
        ]
        if not replies:
            return el(
                "button",
                "Reply in thread",
                type="button",
                class_="thread-open quiet",
                data_thread=posted.ts,
            )
        count = f"{len(replies)} {'reply' if len(replies) == 1 else 'replies'}"
        last = datetime.fromtimestamp(float(replies[-1].ts), ZoneInfo(self.zone))
        return el(
            "button",
            el("span", count, class_="count"),
            el("span", f"last at {last:%H:%M}", class_="last"),
            type="button",
            class_="thread-open",
            data_thread=posted.ts,
        )

    def _reactions(self, posted: Posted) -> Html:
        if not posted.reactions:
            return Html("")
        return el(
            "div",
            *(
                el("span", plain(f":{reaction}:"), class_="reaction")
                for reaction in posted.reactions
            ),
            class_="row",
        )

    def _file(self, file: StoredFile) -> Html:
        address, kind = f"/page/file/{file.id}", mime(file)
        size = el("span", _size(file.length), class_="size")
        link = el("a", f"📎 {file.title}", href=address, target="_blank", rel="noopener")
        if kind in PICTURES:
            image = el("img", src=address, alt=alt_of(file), loading="lazy")
            opened = el("a", image, href=address, target="_blank", rel="noopener", class_="frame")
            return el("figure", opened, el("figcaption", link, size), class_="file picture")
        preview = (file.content or b"")[:LONGEST_PREVIEW].decode(errors="replace")
        shown = el(
            "details", el("summary", "Preview"), el("pre", el("code", preview), tabindex="0")
        )
        return el("div", el("p", link, size), shown if preview.strip() else "", class_="file")

    def _modal(self, view: View) -> Html:
        content, reader = view.content, self.reader
        problem = view.errors.get("", "")
        surface = Surface(reader, f"view-{view.id}", view.filled, view.errors)
        submit = reader.plain(content["submit"]) if content.get("submit") else ""
        close = (
            reader.plain(content["close"])
            if content.get("close")
            else "Cancel"
            if submit
            else "Close"
        )
        title = el("h2", reader.plain(content["title"]), id="modal-title")
        foot = (
            el("button", close, type="button", class_="button plain", data_close=True),
            el("button", submit, type="submit", class_="button primary", data_submit=True)
            if submit
            else "",
        )
        return join(
            (
                el(
                    "header",
                    title,
                    el(
                        "button",
                        "×",
                        type="button",
                        class_="icon",
                        data_close=True,
                        aria_label="Close",
                    ),
                ),
                el(
                    "div",
                    el("p", problem, class_="problem", role="alert") if problem else "",
                    drawn(content["blocks"], surface),
                    class_="surface body",
                    data_surface=f"view/{view.id}",
                    tabindex="-1",
                ),
                el("footer", *foot),
            )
        )

    def _spoken(self, posted: Posted) -> str:
        """What a screen reader is told of it: who, and the line that a notification would have."""
        said = (
            self.reader.mrkdwn(posted.now.text).split("\n")[0]
            or self.reader.message(posted).split("\n")[0]
        )
        return f"{self.state.directory.name_of(posted.user)}: {said}"


def avatar(user: User) -> Html:
    """A picture of somebody: their initial, or the bot's mark."""
    if user.id == BOT_USER:
        return el("span", mark(), class_="avatar bot")
    return el("span", user.real_name[0], class_=f"avatar {user.name}")


def mark() -> Html:
    """The mark of swarmbot: seven cells of a comb."""
    cells = ((16, 16), (16, 6.5), (24.2, 11.2), (24.2, 20.8), (16, 25.5), (7.8, 20.8), (7.8, 11.2))
    drawn_cells = (
        Html(
            f'<path class="cell" d="M{x} {y - 4.6:.2f}l3.98 2.3v4.6l-3.98 2.3l-3.98-2.3v-4.6z"'
            f' opacity="{1 if not at else 0.78}"/>'
        )
        for at, (x, y) in enumerate(cells)
    )
    return Html(
        f'<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">{join(drawn_cells)}</svg>'
    )


def eye() -> Html:
    """The sign of what one person alone sees."""
    return Html(
        '<svg class="eye" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path '
        'd="M1 8s2.6-4.6 7-4.6S15 8 15 8s-2.6'
        ' 4.6-7 4.6S1 8 1 8z"/><circle cx="8" cy="8" r="2.1"/></svg>'
    )


def alt_of(file: StoredFile) -> str:
    """The words of a picture; its title where it has none."""
    return file.alt or file.title


def mime(file: StoredFile) -> str:
    """What a file is, by its name."""
    return mimetypes.guess_type(file.name)[0] or "text/plain"


def zone_of(name: str) -> str:
    """The time zone of that name; UTC where there is none."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"


def _place(channel: Channel) -> dict[str, Any]:
    return {"id": channel.id, "name": channel.name, "topic": TOPICS.get(channel.name, "")}


def _size(length: int) -> str:
    return (
        f"{length} B"
        if length < 1024
        else f"{length / 1024:.1f} KiB"
        if length < 1024**2
        else f"{length / 1024**2:.1f} MiB"
    )
