// The modal in front, and the dialog that asks once more before something dangerous.

import { $, make, post } from "./api.js";
import { drawChosen, putValue, valueOf } from "./surface.js";

const modal = $("modal");
const form = $("modal-form");
let open = "";
let opener = null;
let busy = false;

export function showModal(news) {
  if (!news.id) {
    if (modal.open) { modal.close(); opener?.focus(); }
    open = "";
    return;
  }
  if (form.dataset.drawn === news.html && open === news.id) return;
  const sameForm = open === news.id;
  const typed = sameForm ? held() : null;
  const focused = form.contains(document.activeElement) ? document.activeElement.id : "";
  const at = form.querySelector(".body")?.scrollTop || 0;
  form.innerHTML = news.html;
  form.dataset.drawn = news.html;
  for (const each of form.querySelectorAll(".lookup [role=combobox]")) drawChosen(each);
  if (typed) for (const each of controls()) if (typed.has(each.id)) putValue(each, typed.get(each.id));
  if (!modal.open) { opener = document.activeElement; modal.showModal(); }
  open = news.id;
  const wrong = form.querySelector("[aria-invalid=true]");
  if (sameForm) form.querySelector(".body").scrollTop = at;
  const first = form.querySelector("[autofocus]") || controls()[0] || form.querySelector(".body");
  const target = wrong || (sameForm && $(focused)) || first;
  (target.classList.contains("boxes") ? target.querySelector("input") : target).focus({ preventScroll: sameForm && !wrong });
}

const controls = () => [...form.querySelectorAll("[data-action]")].filter((each) => each.tagName !== "BUTTON");
const held = () => new Map(controls().map((each) => [each.id, valueOf(each)]));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (busy) return;
  const values = {};
  for (const each of controls()) (values[each.dataset.block] ??= {})[each.dataset.action] = valueOf(each);
  const button = form.querySelector("[data-submit]");
  busy = true;
  button?.setAttribute("aria-busy", "true");
  try {
    await post("submit", { view: open, values });
  } catch { /* said already */ } finally {
    busy = false;
    form.querySelector("[data-submit]")?.removeAttribute("aria-busy");
  }
});

form.addEventListener("click", (event) => { if (event.target.closest("[data-close]")) close(); });
modal.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
const close = () => post("close", { view: open }).catch(() => {});

// Ask before an element does something, where it wants that. Resolves to whether to go on.
// Each question has a dialog of its own: an answer comes as an event, which may come after the next question.
export function confirmed(element) {
  if (!element.dataset.confirm) return Promise.resolve(true);
  const asked = JSON.parse(element.dataset.confirm);
  const look = { className: "modal confirm", role: "alertdialog", "aria-labelledby": "confirm-title", returnValue: "no" };
  const dialog = make("dialog", look, make("form", { method: "dialog" },
    make("header", {}, make("h2", { id: "confirm-title" }, asked.title)),
    make("div", { className: "body text", innerHTML: asked.text }),
    make("footer", {},
      make("button", { className: "button plain", value: "no", type: "submit", autofocus: true }, asked.no),
      make("button", { className: `button ${asked.style}`, value: "yes", type: "submit" }, asked.yes))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    element.focus?.();
    resolve(dialog.returnValue === "yes");
  }));
}
