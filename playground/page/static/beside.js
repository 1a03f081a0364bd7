// Beside the chat: the tour with its ticks, and the Swarm as it is, with switches.

import { $, make, post } from "./api.js";
import { send, write } from "./composer.js";

// ---- the tour

let openStep = null;
let lastDone = -1;
let tour = { steps: [] };

export function showTour(news) {
  tour = news;
  $("tour").hidden = !news.steps.length;
  const done = news.steps.filter((each) => each.done).length;
  $("tour-count").textContent = done === news.steps.length ? "all done" : `${done} of ${news.steps.length}`;
  const next = news.steps.findIndex((each) => !each.done);
  if (done !== lastDone) openStep = next;
  lastDone = done;
  drawSteps();
}

function drawSteps() {
  const focused = document.activeElement?.dataset?.step;
  $("steps").replaceChildren(...tour.steps.map((step, at) => {
    const isOpen = at === openStep;
    const head = make("button", { type: "button", "aria-expanded": String(isOpen), "data-step": `${at}` },
      make("span", { className: "tick", "aria-hidden": "true" }, step.done ? "✓" : String(at + 1)), make("span", {}, step.title),
      make("span", { className: "hidden" }, step.done ? " (done)" : ""));
    head.onclick = () => { openStep = isOpen ? null : at; drawSteps(); };
    return make("li", { className: `step${step.done ? " done" : ""}${isOpen ? " open" : ""}`, "data-name": step.name }, head, ...(isOpen ? [body(step, at)] : []));
  }));
  if (focused) $("steps").querySelector(`[data-step="${focused}"]`)?.focus({ preventScroll: true });
}

function body(step, at) {
  const made = make("div", { className: "step-body" }, make("p", {}, step.text));
  const buttons = make("div", { className: "row" });
  const button = (name, primary, act, key) => {
    const one = make("button", { type: "button", className: `button small ${primary ? "primary" : "plain"}`, "data-step": `${at}-${key}` }, name);
    one.onclick = act;
    buttons.append(one);
  };
  const go = (detail) => document.dispatchEvent(new CustomEvent("go-to", { detail }));
  if (step.line) {
    // A line breaks between its words alone, never within `--flag`.
    made.append(make("code", {}, ...step.line.split(" ").flatMap((word) => [make("span", {}, word), " "])));
    button("Send", true, () => { go("ops"); setTimeout(() => send(step.line).catch(() => {})); }, "send");
    button("Edit first", false, () => { go("ops"); setTimeout(() => write(step.line)); }, "write");
  }
  for (const [index, each] of step.extras.entries()) {
    button(each.text, !step.line && !index, () => {
      if (each.person) document.dispatchEvent(new CustomEvent("act-as", { detail: each.person }));
      if (each.place) go(each.place);
      if (each.node) flip(each.node, each.what);
    }, `extra-${index}`);
  }
  const marks = make("ul", { className: "marks" }, ...step.marks.map((mark) => make("li", { className: mark.done ? "done" : "" }, mark.text, make("span", { className: "hidden" }, mark.done ? " (done)" : " (not yet)"))));
  made.append(buttons, marks);
  return made;
}

// ---- the Swarm

const WORDS = { stop: "Stop", start: "Start", "cut off": "Cut off", "link up": "Link up", lock: "Lock", freeze: "Freeze", thaw: "Thaw" };
const flipping = new Map();

export function showSwarm(news) {
  $("swarm-state").textContent = news.summary;
  const list = $("nodes");
  const wanted = new Set(news.nodes.map((each) => each.name));
  for (const each of [...list.children]) if (!wanted.has(each.dataset.node)) each.remove();
  for (const node of news.nodes) {
    const box = list.querySelector(`[data-node="${CSS.escape(node.name)}"]`) || list.appendChild(emptyBox(node.name));
    drawNode(box, node);
  }
  if (news.notice) list.prepend(make("li", { className: "notice" }, news.notice));
  drawLegend(news.versions);
}

function emptyBox(name) {
  return make("li", { className: "node", "data-node": name },
    make("div", {}, make("h3", {}, make("span", { className: "name" }, name)), make("p", { className: "facts" })),
    make("div", { className: "tasks" }), make("div", { className: "switches" }));
}

function drawNode(box, node) {
  box.className = `node ${node.look}`;
  box.querySelector(".leader")?.remove();
  if (node.leader) box.querySelector("h3").append(make("span", { className: "leader" }, "Leader"));
  box.querySelector(".facts").replaceChildren(make("span", { className: "state" }, node.state), ` · ${node.role}${node.availability === "Active" ? "" : ` · ${node.availability}`}`);
  drawTasks(box.querySelector(".tasks"), node);
  const busy = flipping.has(node.name);
  const key = `${node.switches.join()}|${busy}`;
  const switches = box.querySelector(".switches");
  if (switches.dataset.key === key) return;
  const focused = switches.contains(document.activeElement);
  switches.dataset.key = key;
  switches.replaceChildren(...node.switches.map((what) => {
    const name = busy && flipping.get(node.name) === what ? `${WORDS[what]} …` : WORDS[what];
    const button = make("button", { type: "button", className: "button plain small", disabled: busy, "aria-label": `${WORDS[what]} ${node.name}` }, name);
    button.onclick = () => flip(node.name, what);
    return button;
  }));
  if (focused) switches.querySelector("button")?.focus();
}

async function flip(name, what) {
  if (flipping.has(name)) return;
  flipping.set(name, what);
  for (const button of document.querySelectorAll(`[data-node="${CSS.escape(name)}"] .switches button`)) button.disabled = true;
  try { await post("switch", { node: name, switch: what }, false); } catch { /* said already */ } finally {
    flipping.delete(name);
    const switches = document.querySelector(`[data-node="${CSS.escape(name)}"] .switches`);
    for (const button of switches?.children || []) button.disabled = false;
    if (switches) switches.dataset.key = "";
  }
}

// A dot stays the same element while its task lives, so that it changes its colour where it is.
function drawTasks(area, node) {
  const services = [...new Set(node.tasks.map((each) => each.service))];
  const rows = new Map([...area.querySelectorAll(".dots")].map((each) => [each.dataset.service, each]));
  for (const [service, row] of rows) if (!services.includes(service)) { row.previousElementSibling.remove(); row.remove(); }
  area.querySelector(".none")?.remove();
  for (const service of services) {
    const row = rows.get(service) || addRow(area, service);
    const tasks = node.tasks.filter((each) => each.service === service);
    const ids = new Set(tasks.map((each) => each.id));
    for (const each of [...row.children]) if (!ids.has(each.dataset.task)) each.remove();
    for (const task of tasks) {
      const dot = row.querySelector(`[data-task="${task.id}"]`) || row.appendChild(make("span", { className: "dot", role: "img", "data-task": task.id }, make("span", { "aria-hidden": "true" })));
      const words = `${task.service} ${task.version}: ${task.state}`;
      dot.className = `dot ${task.look} v${task.color}`;
      dot.title = words;
      dot.setAttribute("aria-label", words);
      dot.firstChild.textContent = task.look === "failed" ? "✕" : task.short;
    }
  }
  // Rows stay in the order of their names.
  const drawn = [...area.querySelectorAll(".dots")];
  if (drawn.map((row) => row.dataset.service).join() !== services.join())
    for (const service of services) { const row = drawn.find((each) => each.dataset.service === service); area.append(row.previousElementSibling, row); }
  if (!services.length) area.append(make("span", { className: "none" }, "runs nothing"));
}

function addRow(area, service) {
  const row = make("span", { className: "dots", "data-service": service });
  area.append(make("span", { className: "service", title: service }, service), row);
  return row;
}

function drawLegend(versions) {
  const sample = (look, text) => make("span", { className: `dot ${look}`, "aria-hidden": "true" }, make("span", {}, text));
  const item = (dot, text) => make("span", { className: "item" }, dot, text);
  const key = JSON.stringify(versions);
  if ($("legend").dataset.key === key) return;
  $("legend").dataset.key = key;
  $("legend").replaceChildren(
    ...versions.map((each) => item(sample(`running v${each.color}`, each.short), each.version)),
    item(sample("starting", ""), "starting"), item(sample("stopping", ""), "stopping"), item(sample("failed", "✕"), "failed"),
  );
}
