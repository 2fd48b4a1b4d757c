/* Keeps what a page shows in step with the store.
 *
 * An element with data-live="odds alert" and an id is asked for anew, by the page's own address, as soon as the server
 * tells of one of these kinds of event, and once a minute, as ages grow. Nothing is computed here: what the server draws
 * takes the old part's place, and what has the focus keeps it.
 * The line #link-state says whether the server can still be heard: a board that has stopped must not look as if it stood.
 */
const theater = document.body.dataset.theater;
const past = "past" in document.body.dataset;
const MINUTE = 60_000;
const SETTLE = 150; // milliseconds; one write makes several events
const KINDS = ["odds", "observations", "fit", "order", "publication", "resolution", "review", "alert", "notice",
  "silence", "rule", "delivery", "gap"];

const parts = () => [...document.querySelectorAll("[data-live][id]")];
const due = new Set();
let timer = 0;

function ask(part) {
  if (!part.isConnected || part.contains(document.activeElement?.closest("form, dialog[open]"))) return;
  htmx.ajax("GET", location.pathname + location.search, {
    source: part, target: part, select: `#${part.id}`, swap: "outerMorph",
  });
}

function refresh(kind) {
  for (const part of parts()) {
    if (kind === "*" || part.dataset.live.split(" ").includes(kind)) due.add(part.id);
  }
  clearTimeout(timer);
  timer = setTimeout(() => {
    for (const id of due) {
      const part = document.getElementById(id);
      if (part) ask(part);
    }
    due.clear();
  }, SETTLE);
}

function tell(line, bad) {
  const state = document.getElementById("link-state");
  if (!state) return;
  state.hidden = false;
  if (state.textContent !== line) state.textContent = line;
  state.classList.toggle("bad", bad);
}

function follow() {
  const source = new EventSource(`/api/v1/events?theater=${encodeURIComponent(theater)}`);
  let lost = 0;
  source.onopen = () => {
    if (lost) refresh("*"); // what happened meanwhile
    lost = 0;
    tell("live", false);
  };
  source.onerror = () => {
    lost ||= Date.now();
    const since = new Date(lost).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    tell(`not connected since ${since}: what you see may be old`, true);
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 5_000);
  };
  for (const kind of KINDS) {
    source.addEventListener(kind, () => {
      refresh(kind === "gap" ? "*" : kind);
      document.body.dispatchEvent(new CustomEvent(`tocsin:${kind}`));
    });
  }
  addEventListener("pagehide", () => source.close(), { once: true });
}

if (theater && !past) {
  follow();
  if (parts().length) setInterval(() => document.hidden || refresh("*"), MINUTE);
}

/* Keys: g then a letter goes to a page, / to the first search field; ? to the list of keys. */
const GO = { b: "", o: "observations", e: "evidence", r: "review", w: "what-if", c: "collection", a: "alerts", f: "fits", s: "scores", u: "sources" };
let goes = 0;
addEventListener("keydown", (event) => {
  const typing = event.target instanceof Element && event.target.closest("input, select, textarea, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (Date.now() - goes < 1_500 && theater && event.key in GO) {
    const place = GO[event.key];
    location.assign(`/theaters/${encodeURIComponent(theater)}${place ? `/${place}` : ""}`);
    goes = 0;
  } else if (event.key === "g") {
    goes = Date.now();
  } else if (event.key === "?") {
    location.assign("/keyboard");
  } else if (event.key === "/") {
    const field = document.querySelector("[type=search], [data-search]");
    if (field) { event.preventDefault(); field.focus(); }
  }
});
