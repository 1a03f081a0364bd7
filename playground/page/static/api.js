// What the page asks of the server, and the small helpers that all modules share.

export const $ = (id) => document.getElementById(id);

export const state = {
  person: sessionStorage.getItem("person") || "dev",
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
};

// POST as the current person; a refusal is shown and thrown.
export async function post(path, body = {}, asPerson = true) {
  let response;
  try {
    response = await fetch(`/page/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(asPerson ? { person: state.person, ...body } : body),
    });
  } catch {
    toast("The demo does not answer. Was it ended?");
    throw new Error("away");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    toast(answer.error || answer.detail?.[0]?.msg || "That did not work.");
    throw new Error(answer.error || String(response.status));
  }
  return answer;
}

let toastTimer;
export function toast(text) {
  const toasted = $("toast");
  toasted.textContent = text;
  toasted.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toasted.hidden = true; }, 6000);
}

// An element with properties and children: make("li", { className: "x" }, "text").
export function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

export const debounce = (wait, act) => {
  let timer;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => act(...given), wait); };
};
