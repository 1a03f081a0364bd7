"""The chat on the page: what somebody sees, types, clicks and fills, with the mouse and with the
keyboard."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, WebSocketRoute, expect

from playground.workspace import Workspace
from tests.browser.conftest import Opens
from tests.browser.content import (
    actions,
    bot_says,
    button,
    field,
    furnish,
    open_form,
    option,
    picture,
    plain,
    section,
    share,
)
from tests.browser.running import PHONE, newest, send
from tests.scenario.running import eventually


def sent(workspace: Workspace) -> list[dict[str, Any]]:
    return [delivery.payload for delivery in workspace.deliveries if delivery.kind == "interactive"]


def wait_for_sent(workspace: Workspace, count: int = 1) -> dict[str, Any]:
    """The newest of so many."""
    eventually(
        lambda: len(sent(workspace)) >= count,
        10,
        lambda: f"{len(sent(workspace))} of {count} were sent",
    )
    return sent(workspace)[-1]


def test_a_message_shows_up_changes_and_goes_while_one_looks(
    workspace: Workspace, opens: Opens
) -> None:
    page = opens(workspace.page_url)
    posted = bot_says(workspace, "🔵 web 1/4", section("*🔵 web 1/4*"))
    expect(newest(page, "web 1/4").locator("strong")).to_have_text("🔵 web 1/4")
    posted = workspace.state.edit(posted, "✅ web 4/4", [section("*✅ web 4/4*")])
    expect(newest(page, "web 4/4")).to_contain_text("(edited)")
    workspace.state.delete(posted)
    expect(page.locator("#messages .message")).to_have_text("This message was deleted.")


def test_what_one_types_is_sent_as_that_person_and_others_see_it(
    workspace: Workspace, opens: Opens
) -> None:
    page, second = opens(workspace.page_url), opens(workspace.page_url)
    second.get_by_text("Lee Lead").click()
    second.wait_for_selector("body[data-ready=lead]")
    send(page, "I take *web* down & up <now>, @lead")
    shown = newest(second, "I take")
    expect(shown.locator(".author")).to_have_text("Dana Develop")
    expect(shown.locator("strong")).to_have_text("web")
    expect(shown).to_contain_text("down & up <now>")
    expect(shown.locator(".mention.me")).to_have_text("@lead")


def test_what_only_one_may_see_is_on_no_other_page(workspace: Workspace, opens: Opens) -> None:
    page, second = opens(workspace.page_url), opens(workspace.page_url)
    second.get_by_text("Gil Guest").click()
    second.wait_for_selector("body[data-ready=guest]")
    bot_says(workspace, "for dev", section("for dev"), only_for=workspace.person("dev").id)
    bot_says(workspace, "for all", section("for all"))
    expect(newest(page, "for dev")).to_contain_text("Only visible to you")
    expect(newest(second, "for all")).to_be_visible()
    expect(second.get_by_text("for dev")).to_have_count(0)


def test_hostile_text_stays_text(workspace: Workspace, opens: Opens) -> None:
    page = opens(workspace.page_url)
    send(
        page,
        "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>",
    )
    hostile = "<javascript:document.title='owned'|click> &lt;b&gt;bold&lt;/b&gt;"
    bot_says(workspace, "x", section(hostile), actions(button("<b>go</b>")))
    share(workspace, "x.html", "<i>x</i>", b"<script>document.title='owned'</script>")
    expect(newest(page, "onerror")).to_contain_text("<script>")
    expect(newest(page, "click").get_by_role("button", name="<b>go</b>")).to_be_visible()
    expect(newest(page, "click").locator("a")).to_have_count(0)
    expect(newest(page, "<i>x</i>")).to_be_visible()
    file = next(iter(workspace.state.files))
    answer = page.request.get(f"{workspace.url}/page/file/{file}")
    assert answer.headers["content-type"].startswith("text/plain")
    assert page.title() == "swarmbot demo"


def test_a_button_acts_and_a_dangerous_one_asks_before(workspace: Workspace, opens: Opens) -> None:
    page = opens(workspace.page_url)
    bot_says(
        workspace,
        "x",
        section("web"),
        actions(button("Roll back", "danger", "web goes back to v1.")),
    )
    page.get_by_role("button", name="Roll back").click()
    asked = page.get_by_role("alertdialog", name="Roll back")
    expect(asked).to_contain_text("web goes back to v1.")
    asked.get_by_role("button", name="Cancel").click()
    expect(asked).to_be_hidden()
    assert sent(workspace) == []
    page.get_by_role("button", name="Roll back").press("Enter")
    asked.get_by_role("button", name="Roll back").press("Enter")
    assert wait_for_sent(workspace)["actions"][0]["value"] == "Roll back"


def test_each_question_has_its_own_answer_however_quickly_the_next_one_comes(
    workspace: Workspace, opens: Opens
) -> None:
    page = opens(workspace.page_url)
    bot_says(
        workspace,
        "x",
        section("web"),
        actions(button("Roll back", "danger", "web goes back to v1.")),
    )
    page.get_by_role("button", name="Roll back").wait_for()
    page.evaluate(
        """() => {
            const ask = () => document.querySelector("#messages button[data-confirm]").click();
            const cancel = () => document.querySelector("dialog[open] button[value=no]").click();
            ask(); cancel(); ask();
        }"""
    )
    page.get_by_role("alertdialog").get_by_role("button", name="Roll back").click()
    assert wait_for_sent(workspace)["actions"][0]["value"] == "Roll back"
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    assert len(sent(workspace)) == 1


def test_menus_of_a_message_act_at_once(workspace: Workspace, opens: Opens) -> None:
    page = opens(workspace.page_url)
    menu = {
        "type": "static_select",
        "action_id": "menu",
        "placeholder": plain("Choose"),
        "options": [option("node1")],
    }
    more = {"type": "overflow", "action_id": "more", "options": [option("Logs"), option("History")]}
    bot_says(workspace, "x", actions(menu, more))
    page.get_by_label("Choose").select_option("node1")
    assert wait_for_sent(workspace)["actions"][0]["selected_option"]["value"] == "node1"
    page.get_by_role("button", name="More", exact=True).press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert wait_for_sent(workspace, 2)["actions"][0]["selected_option"]["value"] == "History"


def test_the_menu_of_a_message_has_the_shortcuts_of_the_app(
    workspace: Workspace, opens: Opens
) -> None:
    page = opens(workspace.page_url)
    said = bot_says(workspace, "web is on 2.0", section("web is on 2.0"))
    page.get_by_role("button", name="More actions").press("Enter")
    page.get_by_role("menuitem", name="Details").click()
    payload = wait_for_sent(workspace)
    assert payload["type"] == "message_action"
    assert (payload["callback_id"], payload["message_ts"]) == ("rollout:details", said.ts)


def test_commands_are_completed_with_the_keyboard(workspace: Workspace, opens: Opens) -> None:
    page = opens(workspace.page_url)
    line = page.get_by_role("combobox", name="Message")
    line.press_sequentially("/sw")
    line.press("Tab")
    line.press_sequentially("dep")
    offered = page.get_by_role("listbox", name="Commands").get_by_role("option")
    expect(offered.first).to_contain_text("/swarm deploy [OPTIONS] SERVICE IMAGE")
    line.press("ArrowDown")
    expect(offered.first).to_have_attribute("aria-selected", "true")
    line.press("Enter")
    expect(line).to_have_value("/swarm deploy ")
    line.press("Escape")
    line.press("Enter")
    expect(newest(page, "failed because the app did not respond")).to_be_visible()
    line.press("ArrowUp")
    expect(line).to_have_value("/swarm deploy")


def test_a_thread_opens_beside_and_takes_replies(workspace: Workspace, opens: Opens) -> None:
    page = opens(workspace.page_url)
    root = bot_says(workspace, "rollout", section("rollout of web"))
    bot_says(workspace, "plan", section("the plan"), thread_ts=root.ts)
    expect(page.locator("#messages .message")).to_have_count(1)
    page.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    expect(thread).to_contain_text("the plan")
    thread.get_by_label("Reply", exact=True).fill("looks good")
    page.keyboard.press("Enter")
    expect(thread.locator("#thread-messages .message")).to_have_count(2)
    expect(page.get_by_role("button", name="2 replies")).to_be_visible()
    page.keyboard.press("Escape")
    expect(thread).to_be_hidden()


def test_what_is_said_aloud_in_a_thread_stands_in_the_channel_too(
    workspace: Workspace, opens: Opens
) -> None:
    page = opens(workspace.page_url)
    root = bot_says(workspace, "🟠 quorum at risk", section("quorum at risk"))
    bot_says(workspace, "quiet", section("acknowledged"), thread_ts=root.ts)
    bot_says(workspace, "aloud", section("quorum lost"), thread_ts=root.ts, aloud=True)
    expect(page.locator("#messages .message")).to_have_count(2)
    said = newest(page, "quorum lost")
    expect(said).to_contain_text("replied to a thread: 🟠 quorum at risk")
    said.get_by_role("button", name="🟠 quorum at risk").click()
    thread = page.get_by_role("complementary", name="Thread")
    expect(thread.locator("#thread-messages .message")).to_have_count(2)
    expect(thread.locator("#thread-root")).to_contain_text("quorum at risk")


def test_a_form_holds_what_is_typed_shows_what_is_wrong_and_closes(
    workspace: Workspace, opens: Opens
) -> None:
    page = opens(workspace.page_url)
    view = open_form(workspace)
    form = page.get_by_role("dialog", name="Deploy a service")
    form.get_by_label("Image").fill("web:v2")
    form.get_by_label("Order").select_option("stop-first")
    form.get_by_label("Yes").check()
    form.get_by_role("button", name="Deploy").click()
    expect(form.get_by_role("combobox", name="Service")).to_have_attribute("aria-invalid", "true")
    expect(form).to_contain_text("Please complete this required field.")
    expect(form.get_by_label("Image")).to_have_value("web:v2")
    expect(form.get_by_label("Yes")).to_be_checked()
    content = {
        **view.content,
        "blocks": [
            *view.content["blocks"],
            field("note", {"type": "plain_text_input"}, optional=True),
        ],
    }
    workspace.state.views.update(workspace.state.views.known[view.id], content)
    expect(form.get_by_label("Note")).to_be_visible()
    expect(form.get_by_label("Image")).to_have_value("web:v2")
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    assert workspace.person("dev").modal is None


def test_what_is_submitted_is_what_was_filled_in(workspace: Workspace, opens: Opens) -> None:
    page = opens(workspace.page_url)
    blocks = [
        field("image", {"type": "plain_text_input", "action_id": "image"}),
        field("flags", {"type": "checkboxes", "action_id": "flags", "options": [option("Yes")]}),
        field("who", {"type": "users_select", "action_id": "who"}),
        field(
            "mode",
            {"type": "radio_buttons", "action_id": "mode", "options": [option("a"), option("b")]},
        ),
    ]
    open_form(workspace, blocks=blocks)
    form = page.get_by_role("dialog", name="Deploy a service")
    form.get_by_label("Image").fill("web:v2")
    form.get_by_label("Yes").check()
    form.get_by_label("Who").select_option(label="Lee Lead")
    form.get_by_label("b", exact=True).check()
    form.get_by_label("Image").press("Enter")
    values = wait_for_sent(workspace)["view"]["state"]["values"]
    assert values["image"]["image"]["value"] == "web:v2"
    assert values["flags"]["flags"]["selected_options"][0]["value"] == "Yes"
    assert values["who"]["who"]["selected_user"] == workspace.person("lead").id
    assert values["mode"]["mode"]["selected_option"]["value"] == "b"
    expect(form.get_by_role("alert")).to_contain_text("trouble connecting")


def test_pictures_are_shown_with_their_words_and_files_can_be_read(
    workspace: Workspace, opens: Opens
) -> None:
    page = opens(workspace.page_url)
    share(workspace, "map.png", "map", picture(), alt="Four nodes with nine tasks")
    share(workspace, "services.txt", "all services", b"NAME IMAGE\nweb  v1\n")
    image = page.get_by_role("img", name="Four nodes with nine tasks")
    expect(image).to_be_visible()
    expect(image).to_have_js_property("naturalWidth", 300)
    page.get_by_text("Preview").click()
    expect(newest(page, "all services").locator("pre")).to_contain_text("web  v1")


def test_a_connection_that_never_says_a_word_is_given_up(
    workspace: Workspace, browser: Browser
) -> None:
    connections = []

    def answers_the_second_time(live: WebSocketRoute) -> None:
        connections.append(live)
        if len(connections) > 1:
            live.connect_to_server()

    with browser.new_context() as context:
        page = context.new_page()
        page.clock.install()
        page.route_web_socket(re.compile("/page/live"), answers_the_second_time)
        page.goto(workspace.page_url)
        expect(page.locator("body[data-ready]")).to_have_count(0)
        page.clock.fast_forward(20_000)
        expect(page.locator("#bot-state")).to_have_text("demo is away")
        page.clock.fast_forward(1_000)
        expect(page.locator("body[data-ready]")).to_be_attached()


@pytest.mark.parametrize("file", ["surface.js", "main.js"])
def test_a_page_of_which_a_piece_did_not_arrive_is_loaded_anew(
    workspace: Workspace, browser: Browser, file: str
) -> None:
    """Chromium gives up what it loads while a network of the machine changes, as it does whenever
    an engine starts."""
    with browser.new_context() as context:
        page = context.new_page()
        page.route(f"**/static/{file}", lambda route: route.abort("failed"), times=2)
        page.goto(workspace.page_url)
        expect(page.locator("body[data-ready]")).to_be_attached()


def test_what_is_new_elsewhere_is_counted_and_the_address_says_where_one_is(
    workspace: Workspace, opens: Opens
) -> None:
    page = opens(workspace.page_url)
    bot_says(workspace, "🔴 node4 is Down", section("*🔴 node4 is Down*"), channel="alerts")
    alerts = page.get_by_role("button", name=re.compile("alerts"))
    expect(alerts).to_contain_text("1 new")
    alerts.click()
    expect(newest(page, "node4 is Down")).to_be_visible()
    expect(alerts).not_to_contain_text("new")
    page.reload()
    expect(page.get_by_role("heading", name="# alerts")).to_be_visible()


def test_the_home_tab_is_asked_for_and_shown(workspace: Workspace, opens: Opens) -> None:
    furnish(workspace)
    page = opens(workspace.page_url)
    with page.expect_response("**/page/home"):
        page.get_by_role("button", name="Home").click()
    expect(page.get_by_role("heading", name="Swarm · healthy")).to_be_visible()
    asked = [
        delivery.payload["event"]["type"]
        for delivery in workspace.deliveries
        if delivery.kind == "events_api"
    ]
    assert asked[:1] == ["app_home_opened"]
    page.locator("#home").get_by_role("button", name="Status").click()
    assert wait_for_sent(workspace)["container"]["type"] == "view"


def test_on_a_phone_everything_is_one_tap_away_and_nothing_is_cut_off(
    workspace: Workspace, opens: Opens
) -> None:
    furnish(workspace)
    page = opens(workspace.page_url, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.get_by_role("button", name="Channels and persona").click()
    page.get_by_role("button", name=re.compile("alerts")).click()
    expect(newest(page, "node4 is Down")).to_be_in_viewport()
    page.get_by_role("button", name="Tour", exact=True).click()
    expect(page.get_by_role("heading", name="Tour and Swarm")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Tour and Swarm")).to_be_hidden()


def test_the_page_is_for_this_machine_alone(workspace: Workspace, opens: Opens) -> None:
    page = opens(workspace.page_url)
    body = {"person": "dev", "line": "hello", "channel": "ops"}
    other_site = page.request.post(
        f"{workspace.url}/page/say", data=body, headers={"Origin": "http://evil.example"}
    )
    other_name = page.request.get(workspace.url, headers={"Host": "evil.example"})
    assert (other_site.status, other_name.status) == (403, 403)
    assert workspace.person("dev").messages() == []
