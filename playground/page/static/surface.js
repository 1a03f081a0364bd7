// What stands on messages, forms and the Home tab: buttons, menus, fields with type-ahead. One listener serves all of it.

import { $, debounce, make, post } from "./api.js";
import { confirmed } from "./dialogs.js";

const surfaceOf = (element) => element.closest("[data-surface]")?.dataset.surface;
const keyOf = (element) => element.id || element.dataset.thread || element.dataset.shortcuts;

export function wire(root) {
  root.addEventListener("click", onClick);
  root.addEventListener("change", onChange);
  root.addEventListener("input", onInput);
  root.addEventListener("keydown", onKey);
  root.addEventListener("mousedown", (event) => { if (isLookup(event.target)) ask(event.target); });
  root.addEventListener("focusout", (event) => { if (isLookup(event.target)) setTimeout(() => shut(event.target), 120); });
}

// New content for an element: what was focused, chosen or typed in it stays so.
export function replaceKeepingFocus(element, html) {
  if (element.dataset.drawn === html) return;
  const active = element.contains(document.activeElement) ? document.activeElement : null;
  const key = active && keyOf(active);
  const opened = [...element.querySelectorAll("details[open]")].length > 0;
  const scrolled = [...element.querySelectorAll("pre")].map((each) => each.scrollLeft);
  element.innerHTML = html;
  element.dataset.drawn = html;
  if (opened) for (const each of element.querySelectorAll("details")) each.open = true;
  element.querySelectorAll("pre").forEach((each, at) => { each.scrollLeft = scrolled[at] || 0; });
  if (key) [...element.querySelectorAll("[id], [data-thread], [data-shortcuts]")].find((each) => keyOf(each) === key)?.focus({ preventScroll: true });
}

async function onClick(event) {
  const option = event.target.closest("[role=option][data-at]");
  if (option && option.closest(".lookup")) return choose(option.closest(".lookup").querySelector("input"), Number(option.dataset.at));
  const button = event.target.closest("button[data-action]");
  if (!button || !surfaceOf(button)) return;
  if (button.dataset.kind === "overflow") return openMenu(button, button.dataset.options, async (value) => { if (await confirmed(button)) use(button, value); });
  if (await confirmed(button)) {
    if (button.dataset.url) window.open(button.dataset.url, "_blank", "noopener");
    await use(button, null);
  }
}

async function use(element, wanted) {
  if (element.getAttribute("aria-busy")) return;
  element.setAttribute("aria-busy", "true");
  try {
    await post("use", { surface: surfaceOf(element), block: element.dataset.block, action: element.dataset.action, wanted });
  } catch { /* said already */ } finally {
    element.removeAttribute("aria-busy");
  }
}

async function onChange(event) {
  const element = event.target.closest("[data-action][data-at-once]");
  if (!element || !surfaceOf(element) || isLookup(element)) return;
  if (await confirmed(element)) await use(element, valueOf(element));
}

// What a control holds, as the server takes it.
export function valueOf(element) {
  if (isLookup(element)) {
    const chosen = JSON.parse(element.dataset.chosen || "[]");
    return element.hasAttribute("data-many") ? chosen : chosen[0] || null;
  }
  if (element.classList.contains("boxes")) {
    const values = [...element.querySelectorAll(":checked")].map((each) => each.value);
    return element.dataset.kind === "checkboxes" ? values : values[0] || null;
  }
  if (element.multiple) return [...element.selectedOptions].map((each) => each.value);
  if (element.dataset.kind === "datetimepicker") return element.value ? Math.floor(new Date(element.value).getTime() / 1000) : null;
  return element.value;
}

export function putValue(element, value) {
  if (isLookup(element)) {
    element.dataset.chosen = JSON.stringify(Array.isArray(value) ? value : value ? [value] : []);
    drawChosen(element);
  } else if (element.classList.contains("boxes")) {
    const wanted = [value].flat();
    for (const each of element.querySelectorAll("input")) each.checked = wanted.includes(each.value);
  } else if (element.multiple) {
    for (const each of element.options) each.selected = value.includes(each.value);
  } else if (element.dataset.kind !== "datetimepicker") element.value = value ?? "";
}

// ---- the menu of an overflow button, or of a message: `options` as JSON

export function openMenu(button, options, act) {
  const menu = $("menu");
  const box = button.getBoundingClientRect();
  const shutMenu = (back) => { menu.hidden = true; removeEventListener("click", outside, true); if (back) button.focus(); };
  const outside = (event) => { if (!menu.contains(event.target)) shutMenu(false); };
  menu.replaceChildren(...JSON.parse(options).map(({ text, value }) => {
    const item = make("button", { type: "button", role: "menuitem" }, text);
    item.onclick = () => { shutMenu(true); act(value); };
    return make("li", { role: "none" }, item);
  }));
  menu.hidden = false;
  menu.style.left = `${Math.max(8, Math.min(box.left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
  const items = [...menu.querySelectorAll("button")];
  items[0].focus();
  menu.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") shutMenu(true);
    else return;
    event.preventDefault();
  };
  setTimeout(() => addEventListener("click", outside, true));
}

// ---- type-ahead: the app is asked, and answers with options

const isLookup = (element) => element.matches?.(".lookup [role=combobox]");
const listOf = (element) => $(element.getAttribute("aria-controls"));
const asked = new WeakMap();

const ask = debounce(140, async (element) => {
  const typed = element.value;
  if (!element.isConnected || typed.length < Number(element.dataset.least)) return shut(element);
  const turn = {};
  asked.set(element, { turn, options: asked.get(element)?.options ?? [] });
  let options = [];
  try {
    options = await post("suggest", { surface: surfaceOf(element), block: element.dataset.block, action: element.dataset.action, typed });
  } catch { return; }
  if (asked.get(element)?.turn !== turn || document.activeElement !== element) return;
  asked.set(element, { turn, options });
  const list = listOf(element);
  // Who has moved to an option while the answer was on its way stays on it.
  const moved = element.dataset.moved && list.querySelector('[aria-selected="true"]')?.textContent;
  list.replaceChildren(...options.map(({ text }, at) => make("li", { role: "option", id: `${list.id}-${at}`, "data-at": String(at), "aria-selected": "false" }, text)));
  if (!options.length) list.append(make("li", { className: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, "Nothing has that in its name"));
  list.hidden = false;
  element.setAttribute("aria-expanded", "true");
  activate(element, options.length ? Math.max(0, options.findIndex(({ text }) => text === moved)) : -1);
  list.scrollIntoView({ block: "nearest" });
});

function shut(element) {
  const list = listOf(element);
  if (list) list.hidden = true;
  element.setAttribute("aria-expanded", "false");
  element.removeAttribute("aria-activedescendant");
  if (!element.hasAttribute("data-many")) drawChosen(element);
}

function activate(element, at) {
  const options = [...listOf(element).querySelectorAll("[data-at]")];
  options.forEach((each, index) => each.setAttribute("aria-selected", String(index === at)));
  if (!options[at]) return;
  element.setAttribute("aria-activedescendant", options[at].id);
  options[at].scrollIntoView({ block: "nearest" });
}

function choose(element, at) {
  const option = asked.get(element)?.options[at];
  if (!option) return;
  const before = element.hasAttribute("data-many") ? JSON.parse(element.dataset.chosen || "[]").filter((each) => each.value !== option.value) : [];
  element.dataset.chosen = JSON.stringify([...before, option]);
  drawChosen(element);
  shut(element);
  element.focus();
  if (element.dataset.atOnce !== undefined) use(element, valueOf(element));
}

export function drawChosen(element) {
  const chosen = JSON.parse(element.dataset.chosen || "[]");
  if (!element.hasAttribute("data-many")) { element.value = chosen[0]?.text || ""; return; }
  element.value = "";
  element.parentElement.querySelector(".chips").replaceChildren(...chosen.map((option) => {
    const remove = make("button", { type: "button", "aria-label": `Remove ${option.text}` }, "×");
    remove.onclick = () => { element.dataset.chosen = JSON.stringify(chosen.filter((each) => each !== option)); drawChosen(element); element.focus(); };
    return make("span", { className: "chip" }, option.text, remove);
  }));
}

function onInput(event) {
  if (!isLookup(event.target)) return;
  if (!event.target.hasAttribute("data-many")) event.target.dataset.chosen = "[]";
  delete event.target.dataset.moved;
  ask(event.target);
}

function onKey(event) {
  const element = event.target;
  if (!isLookup(element)) return;
  const open = !listOf(element).hidden;
  const options = [...listOf(element).querySelectorAll("[data-at]")];
  const at = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
  if (open && event.key.startsWith("Arrow")) element.dataset.moved = "yes";
  if (event.key === "ArrowDown" && !open) ask(element);
  else if (event.key === "ArrowDown") activate(element, (at + 1) % options.length);
  else if (event.key === "ArrowUp" && open) activate(element, (at - 1 + options.length) % options.length);
  else if (event.key === "Enter" && open && at >= 0) choose(element, at);
  else if (event.key === "Escape" && open) shut(element);
  else return;
  event.preventDefault();
  event.stopPropagation();
}
