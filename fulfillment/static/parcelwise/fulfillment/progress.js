"use strict";
// Brings a page that shows how far a walk is up to date. Without it the page reloads itself.
{
  const box = document.querySelector(".pw-progress[data-source]");
  const bar = box && box.querySelector("progress");
  const EVERY = 2000, LONGEST = 30000;
  let pause = EVERY;

  const show = (found) => {
    for (const place of box.querySelectorAll("[data-show]")) {
      const text = found[place.dataset.show];
      // Only what is news is written: a screen reader reads each change aloud.
      if (place.textContent !== text) place.textContent = text;
    }
    if (bar && found.max) { bar.max = found.max; bar.value = found.value; }
  };

  const ask = async () => {
    try {
      const answer = await fetch(box.dataset.source, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      const found = await answer.json();
      if (found.over || (found.total && !bar.hasAttribute("max"))) { location.reload(); return; }
      show(found);
      pause = EVERY;
    } catch {
      pause = Math.min(pause * 2, LONGEST);
    }
    setTimeout(ask, pause);
  };

  if (box) setTimeout(ask, EVERY);
}
