// Keeps a tracking page fresh, copies, shares and prints. Without it the page says the same and changes at a reload.
(function () {
  "use strict";

  // The page in place becomes like the fresh one, node by node: focus, selection, scroll and open details survive.
  function nameOf(node) {
    if (node.nodeType !== 1) return "";
    const kind = ["LI", "SPAN", "ARTICLE"].includes(node.nodeName) ? "" : node.classList[0];
    return node.id || node.dataset.key || kind || "";
  }

  function alike(one, other) {
    return one.nodeType === other.nodeType && one.nodeName === other.nodeName && nameOf(one) === nameOf(other);
  }

  function dress(old, fresh) {
    for (const { name } of [...old.attributes]) {
      const mine = name === "open" || (name === "hidden" && old.hasAttribute("data-shown"));
      if (!mine && name !== "data-shown" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of [...fresh.attributes]) {
      if (name === "hidden" && old.hasAttribute("data-shown")) continue;
      if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  }

  function become(old, fresh) {
    if (old.nodeType !== 1) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    dress(old, fresh);
    const wants = [...fresh.childNodes];
    let here = old.firstChild;
    wants.forEach((wanted, index) => {
      let found = here;
      while (found && !alike(found, wanted)) found = found.nextSibling;
      // Nodes are never moved, which would take the focus: what lies between goes, unless it is wanted later.
      const stays = found !== here && here && wants.slice(index + 1).some((later) => alike(here, later));
      if (!found || stays) {
        old.insertBefore(document.importNode(wanted, true), here);
        return;
      }
      while (here !== found) {
        const next = here.nextSibling;
        here.remove();
        here = next;
      }
      here = found.nextSibling;
      become(found, wanted);
    });
    while (here) {
      const next = here.nextSibling;
      here.remove();
      here = next;
    }
  }

  // What can only be done with a script is shown by it.
  function ready(root) {
    for (const button of root.querySelectorAll("[data-copy], [data-print], [data-share]")) {
      if (button.dataset.copy && !navigator.clipboard) continue;
      if (button.dataset.share && !navigator.share && !navigator.clipboard) continue;
      button.setAttribute("data-shown", "");
      button.hidden = false;
    }
  }

  const news = document.getElementById("news");

  function say(words) {
    if (!news || !words) return;
    news.textContent = "";
    setTimeout(() => { news.textContent = words; }, 50);
  }

  async function copy(button, text) {
    await navigator.clipboard.writeText(text);
    const label = button.querySelector("span");
    const before = label.textContent;
    label.textContent = button.dataset.copied;
    say(button.dataset.copied);
    setTimeout(() => { label.textContent = before; }, 2000);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-print], [data-share]");
    if (!button) return;
    const { copy: text, share: url, title } = button.dataset;
    if (text) copy(button, text).catch(() => {});
    else if (url && navigator.share) navigator.share({ title, url }).catch(() => {});
    else if (url) copy(button, url).catch(() => {});
    else window.print();
  });

  // On paper everything is open.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("#live details:not([open])")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
  });

  const live = document.getElementById("live");
  ready(document);
  if (!live || !live.dataset.live || !window.fetch) return;

  const LONGEST = 900;
  let name = live.dataset.name;
  let asked = Date.now();
  let failures = 0;
  let timer = 0;
  let busy = false;

  // The server says how soon; 0: nothing more will happen.
  function pause() {
    const every = Number(live.firstElementChild.dataset.every || 0);
    return every && Math.min(every * 2 ** failures, LONGEST) * 1000;
  }

  function plan() {
    clearTimeout(timer);
    const wait = pause();
    if (wait && !document.hidden) timer = setTimeout(ask, Math.max(0, asked + wait - Date.now()));
  }

  function said(root) {
    const found = new Map();
    for (const node of root.querySelectorAll("[data-say]")) {
      found.set(`${node.closest("[id]").id} ${node.classList[0]}`, node.dataset.say);
    }
    return found;
  }

  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.querySelector("[data-every]");
    if (!fresh) return;
    const before = said(live);
    become(live.firstElementChild, fresh);
    ready(live);
    const changed = [];
    for (const [key, words] of said(live)) if (before.get(key) !== words) changed.push(words);
    say(changed.join(" "));
    const headline = live.querySelector("h1");
    if (headline && changed.length) document.title = headline.textContent;
  }

  async function ask() {
    if (busy) return;
    busy = true;
    try {
      const answer = await fetch(live.dataset.live, {
        headers: { "If-None-Match": name },
        cache: "no-store",
        credentials: "same-origin",
        redirect: "error",
      });
      if (answer.status === 404) {
        live.firstElementChild.dataset.every = "0"; // withdrawn, expired or logged out: what is shown stays
      } else if (answer.status === 200) {
        const html = await answer.text();
        const fresh = answer.headers.get("ETag");
        if (!fresh || fresh !== name) show(html);
        name = fresh || name;
        failures = 0;
      } else if (answer.status === 304) {
        failures = 0;
      } else {
        failures += 1;
      }
    } catch {
      failures += 1;
    }
    busy = false;
    asked = Date.now();
    plan();
  }

  document.addEventListener("visibilitychange", plan);
  addEventListener("online", () => { failures = 0; plan(); });
  plan();
})();
