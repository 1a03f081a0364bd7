"""Elements of Block Kit as form controls: buttons, menus, text fields, boxes, pickers."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.page.html import Html, el
from playground.page.mrkdwn import plain, rendered
from playground.workspace.forms import EXTERNAL, HOLDS, MANY, own_options
from playground.workspace.model import MANIFEST_SHORTCUTS, Posted
from playground.workspace.text import Reader, label_of

GROUPS = frozenset(("checkboxes", "radio_buttons"))


@dataclass(frozen=True)
class Mark:
    """Ties a control to its block: `name` is the control's id on the page.

    `at_once`: the control acts as soon as it is used, without a form.
    """

    block: str
    name: str
    label: str = ""
    described: str | None = None
    wrong: bool = False
    at_once: bool = False


Held = Mapping[str, Mapping[str, Any]]
Element = Mapping[str, Any]
Draw = Callable[[Element, Reader, Any, Mark], Html]


def drawn(element: Element, reader: Reader, held: Held, mark: Mark) -> Html:
    """The control, holding what is held."""
    field, _ = HOLDS.get(element["type"], ("value", ""))
    value = held.get(element["action_id"], {}).get(field)
    return DRAW.get(element["type"], _typed)(element, reader, value, mark)


def picture(image: Element) -> Html:
    """An image with its words."""
    stored = (image.get("slack_file") or {}).get("id")
    source = f"/page/file/{stored}" if stored else str(image.get("image_url", ""))
    fits = source.startswith(("/page/file/", "http://", "https://"))
    return el("img", src=source if fits else "", alt=image["alt_text"], loading="lazy")


def more_actions(posted: Posted) -> Html:
    """The menu of a message with the app's shortcuts; a private message has none."""
    if posted.only_for:
        return Html("")
    names = [{"text": name, "value": name} for name in MANIFEST_SHORTCUTS]
    return el(
        "button",
        "⋮",
        type="button",
        class_="more",
        aria_label="More actions",
        aria_haspopup="menu",
        data_shortcuts=json.dumps(names),
    )


def confirm_json(element: Element, reader: Reader) -> str | None:
    """The confirm dialog of an element, as JSON for the page."""
    confirm = element.get("confirm")
    if not confirm:
        return None
    text = confirm["text"]
    asked = {
        "title": reader.plain(confirm["title"]),
        "text": rendered(text["text"], reader)
        if text["type"] == "mrkdwn"
        else el("p", plain(text["text"])),
        "yes": reader.plain(confirm["confirm"]),
        "no": reader.plain(confirm["deny"]),
        "style": confirm.get("style") or element.get("style") or "primary",
    }
    return json.dumps(asked)


def _common(element: Element, reader: Reader, mark: Mark) -> dict[str, Any]:
    return {
        "id": mark.name,
        "data_block": mark.block,
        "data_action": element["action_id"],
        "data_kind": element["type"],
        "data_at_once": mark.at_once,
        "data_confirm": confirm_json(element, reader),
        "aria_describedby": mark.described,
        "aria_invalid": "true" if mark.wrong else None,
        "autofocus": bool(element.get("focus_on_load")),
    }


def _named(element: Element, reader: Reader, mark: Mark) -> str | None:
    """A control beside a text has no label of its own: its placeholder is."""
    return None if mark.label else label_of(reader, element)


def _button(element: Element, reader: Reader, _: Any, mark: Mark) -> Html:
    style = element.get("style", "plain")
    url = str(element.get("url", ""))
    return el(
        "button",
        plain(element["text"]["text"]),
        el("span", "↗", class_="out", aria_hidden="true") if url else "",
        type="button",
        class_=f"button {style}",
        data_url=url if url.startswith(("http://", "https://")) else None,
        aria_label=element.get("accessibility_label"),
        **_common(element, reader, mark),
    )


def _overflow(element: Element, reader: Reader, _: Any, mark: Mark) -> Html:
    options = [
        {"text": reader.plain(option["text"]), "value": option.get("value", "")}
        for option in element["options"]
    ]
    return el(
        "button",
        "⋯",
        type="button",
        class_="button plain overflow",
        aria_label="More",
        aria_haspopup="menu",
        data_options=json.dumps(options),
        **_common(element, reader, mark),
    )


def _select(element: Element, reader: Reader, value: Any, mark: Mark) -> Html:
    several = element["type"] in MANY
    chosen = {
        _value(option) for option in (value if several else [value]) or [] if option is not None
    }
    unchosen = label_of(reader, element) if element.get("placeholder") else "Choose"
    placeholder = [] if several else [el("option", unchosen, value="")]
    groups = element.get("option_groups") or []
    listed = (
        [
            el(
                "optgroup",
                *_options(group["options"], reader, chosen),
                label=reader.plain(group["label"]),
            )
            for group in groups
        ]
        if groups
        else _options(_choices(element, reader), reader, chosen)
    )
    return el(
        "select",
        *placeholder,
        *listed,
        multiple=several,
        aria_label=_named(element, reader, mark),
        **_common(element, reader, mark),
    )


def _options(options: Sequence[Mapping[str, Any]], reader: Reader, chosen: set[str]) -> list[Html]:
    return [
        el(
            "option",
            reader.plain(option["text"]),
            value=option.get("value", ""),
            selected=option.get("value") in chosen,
        )
        for option in options
    ]


def _choices(element: Element, reader: Reader) -> Sequence[Mapping[str, Any]]:
    """The options that it has itself, or all people, or all channels."""
    directory = reader.state.directory
    if "users_select" in element["type"]:
        return [
            _choice(user.real_name, user.id) for user in directory.users.values() if not user.is_bot
        ]
    if "channels_select" in element["type"] or "conversations_select" in element["type"]:
        return [
            _choice(f"#{channel.name}", channel.id)
            for channel in directory.channels.values()
            if not channel.is_im
        ]
    return own_options(element)


def _choice(text: str, value: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def _value(held: Any) -> str:
    return str(held.get("value", "")) if isinstance(held, dict) else str(held)


def _lookup(element: Element, reader: Reader, value: Any, mark: Mark) -> Html:
    """A field with type-ahead, whose options the app gives.

    The page keeps what is chosen in `data-chosen`.
    """
    chosen = value if isinstance(value, list) else [value] if value else []
    options = [
        {"text": reader.plain(option["text"]), "value": option.get("value", "")}
        for option in chosen
    ]
    common = _common(element, reader, mark)
    common["data_chosen"] = json.dumps(options)
    list_id = f"{mark.name}-list"
    field = el(
        "input",
        type="text",
        role="combobox",
        autocomplete="off",
        spellcheck="false",
        aria_expanded="false",
        aria_autocomplete="list",
        aria_controls=list_id,
        placeholder=label_of(reader, element) if element.get("placeholder") else "Type to find",
        aria_label=_named(element, reader, mark),
        data_least=element.get("min_query_length", 3),
        data_many=element["type"] in MANY,
        **common,
    )
    choices = el(
        "ul",
        id=list_id,
        role="listbox",
        class_="choices",
        hidden=True,
        aria_label=mark.label or "Options",
    )
    return el("div", el("div", class_="chips"), field, choices, class_="lookup")


def _boxes(element: Element, reader: Reader, value: Any, mark: Mark) -> Html:
    kind = "checkbox" if element["type"] == "checkboxes" else "radio"
    held = value if isinstance(value, list) else [value] if value else []
    chosen = {_value(option) for option in held}
    common = _common(element, reader, mark)
    common.pop("autofocus")
    rows = (
        el(
            "label",
            el(
                "input",
                type=kind,
                name=mark.name,
                value=option["value"],
                checked=option["value"] in chosen,
            ),
            el("span", _inline(option["text"], reader)),
        )
        for option in element["options"]
    )
    return el(
        "div", *rows, class_="boxes", role="group", aria_label=mark.label or "Options", **common
    )


def _inline(text: Mapping[str, Any], reader: Reader) -> Html:
    if text["type"] != "mrkdwn":
        return plain(text["text"])
    return Html(rendered(text["text"], reader).removeprefix("<p>").removesuffix("</p>"))


def _typed(element: Element, reader: Reader, value: Any, mark: Mark) -> Html:
    common = _common(element, reader, mark)
    placeholder = reader.plain(element["placeholder"]) if element.get("placeholder") else None
    if element.get("multiline") or element["type"] == "rich_text_input":
        return el("textarea", str(value or ""), rows="4", placeholder=placeholder, **common)
    kinds = {
        "datepicker": "date",
        "timepicker": "time",
        "datetimepicker": "datetime-local",
        "email_text_input": "email",
        "url_text_input": "url",
    }
    return el(
        "input",
        type=kinds.get(element["type"], "text"),
        inputmode="numeric" if element["type"] == "number_input" else None,
        value="" if value is None else str(value),
        placeholder=placeholder,
        autocomplete="off",
        spellcheck="false",
        aria_label=_named(element, reader, mark) if placeholder else None,
        **common,
    )


DRAW: Mapping[str, Draw] = {
    "button": _button,
    "overflow": _overflow,
    **dict.fromkeys((kind for kind in HOLDS if "select" in kind), _select),
    **dict.fromkeys(EXTERNAL, _lookup),
    **dict.fromkeys(GROUPS, _boxes),
}
