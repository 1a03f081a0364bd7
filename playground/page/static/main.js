// The connection to the server, who one is, and which place is shown.

import { $, make, post, state } from "./api.js";
import { showSwarm, showTour } from "./beside.js";
import { setPlace } from "./composer.js";
import { showModal } from "./dialogs.js";
import { forget, keep, openThread, redraw, unreadIn } from "./messages.js";
import { replaceKeepingFocus, wire } from "./surface.js";

const places = { channels: [], direct: null, here: null };
const FIRST_WORD = 10_000; // milliseconds
let socket;
let wait = 300;
let ready = false;
let home = "";

const SHOW = {
  places: showPlaces,
  message: (news) => { keep(news, ready); drawPlaces(); },
  modal: showModal,
  home: showHome,
  bot: showBot,
  swarm: showSwarm,
  tour: showTour,
  ready: () => { ready = true; sessionStorage.removeItem("again"); redraw(places.here, true); drawPlaces(); document.body.dataset.ready = state.person; },
};

function connect() {
  forget();
  ready = false;
  delete document.body.dataset.ready;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = new WebSocket(`${scheme}://${location.host}/page/live?person=${state.person}&zone=${encodeURIComponent(state.zone)}`);
  socket = mine;
  // A connection that never says a word is given up, as one that broke is.
  const silent = setTimeout(() => mine.close(), FIRST_WORD);
  mine.onmessage = (event) => {
    if (mine !== socket) return;
    clearTimeout(silent);
    wait = 300;
    const news = JSON.parse(event.data);
    SHOW[news.kind]?.(news);
  };
  mine.onclose = () => {
    clearTimeout(silent);
    if (mine !== socket) return;
    showBot({ connected: false, text: "demo is away" });
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 5000);
  };
}

function showPlaces(news) {
  state.me = news.me.id;
  places.channels = news.channels;
  places.direct = news.direct;
  follow();
}

// The place is in the address, so that Back and a reload work.
function follow() {
  const wanted = decodeURIComponent(location.hash.slice(2)) || "ops";
  const all = [...places.channels, { ...places.direct, key: "swarmbot" }, { id: "home", key: "home", name: "Home", topic: "What swarmbot shows you of the Swarm" }];
  const found = all.find((each) => (each.key || each.name) === wanted) || all[0];
  if (!found?.id) return;
  const changed = places.here !== found.id;
  places.here = found.id;
  const isHome = found.id === "home";
  $("where").textContent = isHome || found.key ? found.name : `# ${found.name}`;
  $("topic").textContent = found.topic;
  $("messages").hidden = isHome;
  $("home").hidden = !isHome;
  $("composer").hidden = isHome;
  $("scroll").setAttribute("aria-label", isHome ? "Home" : "Messages");
  setPlace(found.id, isHome ? "" : found.key ? "swarmbot" : `#${found.name}`);
  if (changed) openThread(null);
  if (isHome) {
    $("empty").hidden = true;
    post("home");
    showHome({ html: home });
  } else redraw(found.id, true);
  drawPlaces();
}

function drawPlaces() {
  const entry = (key, id, sign, name) => {
    const { count, loud } = unreadIn(id, places.here);
    const button = make("button", { type: "button", className: `place${count ? " unread" : ""}` });
    button.append(make("span", { className: "sign", "aria-hidden": "true", innerHTML: sign }), make("span", {}, name));
    if (count && loud) button.append(make("span", { className: "number" }, String(count), make("span", { className: "hidden" }, " new")));
    if (id === places.here) button.setAttribute("aria-current", "page");
    button.onclick = () => { location.hash = `#/${key}`; close(); };
    return make("li", {}, button);
  };
  const comb = document.querySelector(".logo").innerHTML;
  $("channels").replaceChildren(...places.channels.map((each) => entry(each.name, each.id, "#", each.name)));
  $("direct").replaceChildren(entry("swarmbot", places.direct.id, comb, "swarmbot"));
  $("apps").replaceChildren(entry("home", "home", "⌂", "Home"));
}

function showHome(news) {
  home = news.html;
  if (places.here !== "home") return;
  if (home) replaceKeepingFocus($("home"), home);
  else $("home").replaceChildren(make("div", { className: "empty" }, make("strong", {}, "Nothing here yet"), "swarmbot fills its Home tab when it is opened."));
}

function showBot({ connected, text }) {
  $("bot-state").textContent = text || (connected ? "swarmbot is connected" : "swarmbot is away");
  $("bot-state").classList.toggle("on", connected);
}

export function actAs(person) {
  state.person = person;
  sessionStorage.setItem("person", person);
  document.querySelector(`#personas [value="${person}"]`).checked = true;
  connect();
}

function open(what) {
  $("app").dataset.open = $("app").dataset.open === what ? "" : what;
  for (const button of document.querySelectorAll("[data-toggle][aria-expanded]")) button.setAttribute("aria-expanded", String($("app").dataset.open === button.dataset.toggle));
}
export const close = () => { if ($("app").dataset.open) open($("app").dataset.open); };

for (const button of document.querySelectorAll("[data-toggle]")) button.onclick = (event) => { event.stopPropagation(); open(button.dataset.toggle); };
document.querySelector(".main").addEventListener("click", () => { if ($("app").dataset.open === "side") close(); }, true);
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if ($("app").dataset.open) close();
  else openThread(null);
});
$("personas").onchange = (event) => { actAs(event.target.value); close(); };
document.addEventListener("act-as", (event) => actAs(event.detail));
document.addEventListener("go-to", (event) => { location.hash = `#/${event.detail}`; close(); });

const themes = matchMedia("(prefers-color-scheme: dark)");
const theme = localStorage.getItem("theme");
if (theme) document.documentElement.dataset.theme = theme;
$("theme").onclick = () => {
  const now = document.documentElement.dataset.theme || (themes.matches ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
};

document.querySelector(`#personas [value="${state.person}"]`).checked = true;
addEventListener("hashchange", follow);
wire(document);
connect();
