// The field to write in: what it offers after a slash, the lines before, and the one of a thread.

import { $, make, post } from "./api.js";
import { threadRoot } from "./messages.js";

const SLASH = "/swarm";
const MOST = 60;
const field = $("line");
const list = $("commands");
const past = [];
let pastAt = 0;
let place = "";
let commands = [];
let offered = [];
let active = -1;

fetch("/page/commands").then((response) => response.json()).then((found) => { commands = found; });

export function setPlace(id, name) {
  place = id;
  field.placeholder = `Message ${name}`;
}

export function write(line) {
  field.value = line;
  grow(field);
  shut();
  field.focus();
}

export async function send(line, channel = place) {
  past.push(line);
  pastAt = past.length;
  await post("say", { line, channel });
}

function offer() {
  const typed = field.value;
  active = -1;
  offered = [];
  if (typed.startsWith("/") && SLASH.startsWith(typed)) {
    offered = [{ line: `${SLASH} `, usage: SLASH, summary: "ask swarmbot", goes: true }];
  } else if (typed.startsWith(`${SLASH} `) && !typed.includes("\n")) {
    const rest = typed.slice(SLASH.length + 1).trimStart();
    const starting = commands.filter((each) => each.name.startsWith(rest) && each.name !== rest);
    const exact = commands.filter((each) => rest === each.name || rest.startsWith(`${each.name} `)).sort((one, other) => other.name.length - one.name.length).slice(0, 1);
    const within = rest.length > 1 ? commands.filter((each) => !each.name.startsWith(rest) && each.name.includes(` ${rest}`)) : [];
    offered = [...exact.map((each) => ({ ...each, line: null })), ...[...starting, ...within].map((each) => ({ ...each, line: `${SLASH} ${each.name} ` }))].slice(0, MOST);
  }
  list.replaceChildren(...offered.map((each, at) => {
    const item = make("li", { role: "option", id: `command-${at}`, "aria-selected": "false" },
      make("span", { className: "usage" }, each.goes ? each.usage : `${SLASH} ${each.usage}`), make("span", { className: "summary" }, each.summary));
    item.onmousedown = (event) => { event.preventDefault(); take(at); };
    return item;
  }));
  list.hidden = !offered.length;
  list.scrollTop = 0;
  field.setAttribute("aria-expanded", String(!list.hidden));
  field.removeAttribute("aria-activedescendant");
}

function shut() {
  list.hidden = true;
  active = -1;
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

function activate(at) {
  active = (at + offered.length) % offered.length;
  [...list.children].forEach((each, index) => each.setAttribute("aria-selected", String(index === active)));
  list.children[active].scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", `command-${active}`);
}

function take(at) {
  if (offered[at]?.line) field.value = offered[at].line;
  offer();
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight, 160)}px`;
}

field.addEventListener("input", () => { grow(field); offer(); });
field.addEventListener("blur", () => setTimeout(shut, 100));
field.addEventListener("keydown", (event) => {
  const open = !list.hidden;
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    if (open && active >= 0 && offered[active].line) take(active);
    else submit();
  } else if (event.key === "Tab" && open && !event.shiftKey && offered.some((each) => each.line)) {
    take(active >= 0 ? active : offered.findIndex((each) => each.line));
  } else if (event.key === "ArrowDown" && open) activate(active + 1);
  else if (event.key === "ArrowUp" && open) activate(active < 0 ? offered.length - 1 : active - 1);
  else if (event.key === "ArrowUp" && pastAt > 0 && (!field.value || field.value === past[pastAt])) write(past[--pastAt]);
  else if (event.key === "ArrowDown" && pastAt < past.length && field.value === past[pastAt]) write(past[++pastAt] || "");
  else if (event.key === "Escape" && open) shut();
  else return;
  event.preventDefault();
});
$("composer").onsubmit = (event) => { event.preventDefault(); submit(); };

async function submit() {
  const line = field.value.trim();
  if (!line) return;
  field.value = "";
  grow(field);
  shut();
  try { await send(line); } catch { if (!field.value) write(line); }
}

// ---- the thread's own field

const reply = $("thread-line");
reply.addEventListener("input", () => grow(reply));
reply.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); answer(); }
});
$("thread-composer").onsubmit = (event) => { event.preventDefault(); answer(); };

async function answer() {
  const line = reply.value.trim();
  const root = threadRoot();
  if (!line || !root) return;
  reply.value = "";
  grow(reply);
  try { await post("say", { line, channel: root.channel, thread: root.ts }); } catch { reply.value = line; }
}
