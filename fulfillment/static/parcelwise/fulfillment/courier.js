"use strict";
// Sends where the courier is while a run is under way. Without a network positions wait here and go later, each with
// its own time; what was sent twice is known to the server by its id.
{
  const line = document.querySelector(".sender[data-positions]");
  const said = line && line.querySelector("span");
  // Of this run alone: what is left of another day is not sent for it.
  const STORE = line && "pw-positions:" + line.dataset.run;
  const MOST = 5000, BATCH = 200, EVERY = 10000, LEAST = 4000;
  let lastAt = 0, sending = false, refused = false;

  const waiting = () => {
    try { return JSON.parse(localStorage.getItem(STORE)) || []; } catch { return []; }
  };
  const keep = (pings) => {
    try { localStorage.setItem(STORE, JSON.stringify(pings.slice(-MOST))); } catch { /* full or forbidden */ }
  };
  const tell = (text) => { if (said.textContent !== text) said.textContent = text; };

  const send = async () => {
    const batch = waiting().slice(0, BATCH);
    if (sending || refused || !batch.length) return;
    sending = true;
    try {
      const answer = await fetch(line.dataset.positions, {
        method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ positions: batch }),
      });
      if (answer.status === 401 || answer.status === 404) { refused = true; tell(line.dataset.refused); return; }
      if (!answer.ok) throw new Error(answer.status);
      const sent = new Set(batch.map((ping) => ping.id));
      keep(waiting().filter((ping) => !sent.has(ping.id)));
      tell(line.dataset.on);
    } catch {
      tell(line.dataset.waiting.replace("%s", waiting().length));
    } finally {
      sending = false;
    }
    if (waiting().length >= BATCH) setTimeout(send, 1000);
  };

  const seen = (position) => {
    if (position.timestamp - lastAt < LEAST) return;
    lastAt = position.timestamp;
    const { latitude, longitude, accuracy } = position.coords;
    const id = position.timestamp.toString(36) + Math.random().toString(36).slice(2, 8);
    keep([...waiting(), { id, at: new Date(position.timestamp).toISOString(), lat: latitude, lon: longitude, accuracy }]);
    send();
  };

  if (line && navigator.geolocation) {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith("pw-positions:") && key !== STORE) localStorage.removeItem(key);
    }
    tell(line.dataset.on);
    navigator.geolocation.watchPosition(seen, () => tell(line.dataset.off),
      { enableHighAccuracy: true, maximumAge: 5000, timeout: 30000 });
    addEventListener("online", send);
    setInterval(send, EVERY);
  } else if (line) {
    tell(line.dataset.off);
  }
}
