// The messages of all places, kept by id; those of the place that is shown are in the page, and change where they stand.

import { $, make, post, state } from "./api.js";
import { openMenu, replaceKeepingFocus } from "./surface.js";

const known = new Map();
const unread = new Map();
const announced = new Map();
let here = null;
let thread = null;

export function forget() {
  known.clear();
  unread.clear();
  $("messages").replaceChildren();
}

// What is said in a thread stays there, but for what is said aloud.
const inChannel = (news) => !news.thread || news.aloud;

// Keep a message, or its next state; `live`: it is new just now.
export function keep(news, live) {
  const isNew = !known.has(news.id);
  known.set(news.id, news);
  if (live && isNew && !news.mine && !news.deleted && inChannel(news)) {
    if (news.channel !== here || document.hidden) unread.set(news.channel, (unread.get(news.channel) || 0) + 1);
  }
  if (live) announce(news, isNew);
  if (!live) return;
  if (news.channel === here && inChannel(news)) place($("messages"), $("scroll"), news, isNew);
  if (thread && news.channel === thread.channel && (news.id === thread.id || news.thread === thread.ts)) drawThread(isNew && !news.mine);
}

export const unreadIn = (channel, shown) => {
  if (channel === shown && !document.hidden) unread.delete(channel);
  return { count: unread.get(channel) || 0, loud: true };
};

export function redraw(channel, toEnd) {
  here = channel;
  if (!channel || channel === "home") return;
  const listed = [...known.values()].filter((each) => each.channel === channel && inChannel(each)).sort(byTime);
  $("messages").replaceChildren(...listed.map((each) => element(each)));
  days($("messages"));
  showEmpty();
  if (toEnd) {
    stuck.set($("scroll"), true);
    $("scroll").scrollTop = $("scroll").scrollHeight;
  }
}

function place(list, scroll, news, isNew) {
  const atEnd = stuck.get(scroll) !== false;
  const standing = list.querySelector(`[data-id="${CSS.escape(news.id)}"]`);
  if (standing && !news.deleted) replaceKeepingFocus(standing, news.html);
  else if (standing) standing.replaceWith(element(news));
  else {
    const after = [...list.querySelectorAll(".message")].reverse().find((each) => each.dataset.ts < news.ts);
    const made = element(news);
    if (isNew) made.classList.add("fresh");
    if (after) after.after(made);
    else list.prepend(made);
    days(list);
  }
  showEmpty();
  if (atEnd || (isNew && news.mine)) scroll.scrollTop = scroll.scrollHeight;
}

// Who reads at the end stays there, also when a picture comes in late or the window changes.
const stuck = new Map();
for (const scroll of [$("scroll")]) {
  scroll.addEventListener("scroll", () => stuck.set(scroll, scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60), { passive: true });
  const keepAtEnd = new ResizeObserver(() => { if (stuck.get(scroll) !== false && here !== "home") scroll.scrollTop = scroll.scrollHeight; });
  keepAtEnd.observe($("messages"));
  keepAtEnd.observe(scroll);
}

function element(news) {
  const made = make("li", { className: news.deleted ? "message deleted" : "message", "data-id": news.id, "data-ts": news.ts });
  if (news.deleted) made.textContent = "This message was deleted.";
  else made.innerHTML = news.html;
  return made;
}

// A line between the days.
function days(list) {
  for (const old of list.querySelectorAll(".day")) old.remove();
  const today = new Date().toDateString();
  let last = "";
  for (const each of list.querySelectorAll(".message")) {
    const at = new Date(Number(each.dataset.ts) * 1000);
    if (at.toDateString() !== last) each.before(make("li", { className: "day" }, at.toDateString() === today ? "Today" : at.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" })));
    last = at.toDateString();
  }
}

function showEmpty() {
  const empty = !$("messages").querySelector(".message");
  $("empty").hidden = !empty;
  if (empty) $("empty").replaceChildren(make("strong", {}, "Nothing has been said here"), EMPTY[location.hash.slice(2) || "ops"] || EMPTY.ops);
}

const EMPTY = {
  ops: "Type /swarm status below, or take the first step of the tour.",
  alerts: "Stop a node in the panel of the Swarm, and see what comes.",
  swarmbot: "Commands work here as well: /swarm help lists them.",
  general: "swarmbot is not a member here; its commands work all the same.",
};

const byTime = (one, other) => (one.ts < other.ts ? -1 : 1);

// Screen readers hear a new message at once; of one that is edited, its first line where that has changed, not too often.
function announce(news, isNew) {
  if (news.mine || news.deleted || news.channel !== here) return;
  const before = announced.get(news.id);
  const now = Date.now();
  if (!isNew && before && (before.said === news.spoken || now - before.at < 4000)) return;
  announced.set(news.id, { said: news.spoken, at: now });
  $("spoken").append(make("p", {}, news.spoken));
  while ($("spoken").children.length > 5) $("spoken").firstChild.remove();
}

// ---- threads

export function openThread(root) {
  const before = thread;
  thread = root;
  $("thread").hidden = !root;
  if (root) {
    drawThread(true);
    $("thread-line").focus();
  } else if (before) document.querySelector(`[data-id="${CSS.escape(before.id)}"] .thread-open`)?.focus();
}

export const threadRoot = () => thread;

function drawThread(toEnd) {
  const root = known.get(thread.id) || thread;
  const replies = [...known.values()].filter((each) => each.channel === root.channel && each.thread === root.ts && !each.deleted).sort(byTime);
  $("thread-where").textContent = $("where").textContent;
  sync($("thread-root"), [root]);
  sync($("thread-messages"), replies);
  $("thread-count").textContent = replies.length ? `${replies.length} ${replies.length === 1 ? "reply" : "replies"}` : "No replies yet";
  if (toEnd) $("thread-scroll").scrollTop = replies.length > 3 ? $("thread-scroll").scrollHeight : 0;
}

function sync(list, messages) {
  const wanted = new Set(messages.map((each) => each.id));
  for (const each of [...list.children]) if (!wanted.has(each.dataset.id)) each.remove();
  for (const news of messages) {
    const standing = list.querySelector(`[data-id="${CSS.escape(news.id)}"]`);
    if (standing && !news.deleted) replaceKeepingFocus(standing, news.html);
    else if (standing) standing.replaceWith(element(news));
    else list.append(element(news));
  }
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-thread]");
  const more = event.target.closest("[data-shortcuts]");
  if (more) openMenu(more, more.dataset.shortcuts, (name) => post("shortcut", { surface: more.closest(".content").querySelector("[data-surface]").dataset.surface, name }).catch(() => { /* said already */ }));
  if (opener) openThread(known.get(`${known.get(opener.closest(".message").dataset.id).channel}/${opener.dataset.thread}`));
});
$("thread-close").onclick = () => openThread(null);
document.addEventListener("visibilitychange", () => { if (!document.hidden && here) unread.delete(here); });
export const me = () => state.me;
