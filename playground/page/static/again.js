// A browser gives up what it loads while a network of the machine changes, as it does whenever an engine starts. Then the page is loaded
// anew; a few times only, for what is not there does not come by asking.

addEventListener("error", ({ target }) => {
  const piece = target instanceof HTMLScriptElement || target instanceof HTMLLinkElement;
  const times = Number(sessionStorage.getItem("again") ?? 0);
  if (!piece || times >= 5) return;
  sessionStorage.setItem("again", times + 1);
  setTimeout(() => location.reload(), 300);
}, true);
