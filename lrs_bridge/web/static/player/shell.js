// The application's page around the player: shows where the learner is in the course and what has been saved, steers, and fetches new play
// tokens. The content and its API are in the frame, on another origin (frame.js); the two talk by messages with exact origins. The server is
// the source of truth: what is shown here comes from the frame and is gone with the page.
//
// Elements that the page needs (tests/support/player_host.py has an example), all inside one
//   [data-player]              data-attempt: its id; data-session: number of the sitting; data-frame-origin: origin of the frame; data-token-url: POST there gives {"play_token": …}; data-csrf: token
//                              that goes along as X-CSRFToken; data-exit-url: where the learner goes after leaving
//   iframe[data-player-frame]  the player's frame
//   [data-player-title]        title of the course, then of the item
//   [data-player-status]       saved, saving, offline; an aria-live region
//   [data-player-result]       what has been achieved; an aria-live region
//   progress[data-player-progress]
//   [data-player-notice]       hidden; what the learner must know: continues elsewhere, session over, choose an item; role="alert"
//   button[data-player-request="previous|continue|exit"]
//   button[data-player-contents-button] aria-expanded, aria-controls: opens the table of contents where it is a drawer
//   [data-player-contents]     hidden; in it an ol[data-player-rows]
//   template[data-player-row]  a row: li with a button, in it [data-player-row-title] and [data-player-row-state]
//   template[data-player-text=<key>] the texts: status-saved, status-saving, status-offline, state-not-attempted, state-incomplete,
//                              state-completed, state-passed, state-failed, state-current, score ({score}), superseded, choose, finished, refused,
//                              logged-out, failed, unsaved, left
// Without one of the optional elements (title, progress, contents, …) that part is not shown. Every text is the server's; none is in here.

import { openQueue } from "./queue.js";

const MOST_KEPT_BYTES = 2 * 1024 * 1024;
const MOST_KEPT = 500;
const NARROW = matchMedia("(max-width: 60rem)");

class Shell {
  /** @param {HTMLElement} page */
  constructor(page) {
    this.page = page;
    this.frame = this.#find("frame");
    this.origin = page.dataset.frameOrigin;
    this.controls = {};
    this.isOver = false;
  }

  begin() {
    addEventListener("message", (event) => {
      if (event.origin !== this.origin || event.source !== this.frame.contentWindow) return;
      try {
        this.#hear(event.data?.lrs_bridge, event.data);
      } catch {
        // a course can speak as its frame, and in any shape; this page stays as it is
      }
    });
    for (const button of this.page.querySelectorAll("[data-player-request]")) {
      button.addEventListener("click", () => this.#ask(button.dataset.playerRequest));
    }
    this.#find("contents-button")?.addEventListener("click", () => this.#toggle());
    this.page.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#isDrawerOpen) this.#toggle(false);
    });
    addEventListener("pageshow", (event) => {
      if (event.persisted) location.reload(); // the sitting is over; another begins
    });
    NARROW.addEventListener("change", () => this.#toggle(!NARROW.matches));
  }

  #find(name) {
    return this.page.querySelector(`[data-player-${name}]`);
  }

  #text(key, values = {}) {
    const template = this.page.querySelector(`template[data-player-text="${key}"]`);
    const text = template?.content.textContent.trim() ?? "";
    return text.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
  }

  /** @param {string} name @param {string} text written only if it is new, so that live regions speak once */
  #write(name, text) {
    const element = this.#find(name);
    if (element && element.textContent !== text) element.textContent = text;
  }

  // ---- what the frame says

  #hear(type, message) {
    const heard = {
      __proto__: null,
      ready: ({ title }) => this.#ready(title),
      item: ({ title }) => this.#item(title),
      outlook: (outlook) => this.#outlook(outlook),
      status: ({ status }) => this.#status(status),
      choose: () => this.#choose(),
      finished: () => this.#notice("finished"),
      refused: () => this.#notice("refused"),
      superseded: () => this.#end("superseded"),
      ended: (ended) => this.#ended(ended),
      failed: () => this.#end("failed"),
      token: () => void this.#token(),
      keep: ({ commit }) => void this.#keep(commit),
      drop: (number) => void this.#drop(number),
      kept: () => void this.#kept(),
    };
    heard[type]?.(message);
  }

  #ready(title) {
    this.page.dataset.state = "ready";
    this.courseTitle = title;
    this.#toggle(false);
  }

  #item(title) {
    this.#notice(null);
    this.#write("title", title);
    this.page.dataset.state = "playing";
    if (NARROW.matches) this.#toggle(false);
  }

  #status(status) {
    this.page.dataset.status = status;
    this.#write("status", this.#text(`status-${status}`));
  }

  #choose() {
    this.page.dataset.state = "choosing";
    this.#notice("choose");
    if (!NARROW.matches) this.#toggle(true);
  }

  /** @param {{how: string, isSaved: boolean}} ended */
  #ended({ how, isSaved }) {
    this.page.dataset.ended = how;
    this.#end(isSaved ? "left" : "unsaved");
    if (isSaved && this.page.dataset.exitUrl) location.assign(this.page.dataset.exitUrl);
  }

  #end(key) {
    this.isOver = true;
    this.page.dataset.state = key;
    this.#notice(key);
    for (const button of this.page.querySelectorAll("[data-player-request]")) button.disabled = true;
    for (const button of this.#find("rows")?.querySelectorAll("button") ?? []) button.disabled = true;
  }

  #notice(key) {
    const notice = this.#find("notice");
    if (!notice) return;
    this.#write("notice", key ? this.#text(key) : "");
    notice.hidden = !key;
  }

  // ---- what is shown

  #outlook({ rows, controls, result }) {
    this.controls = controls;
    for (const button of this.page.querySelectorAll("[data-player-request]")) this.#control(button);
    this.#rows(rows);
    this.#result(result);
  }

  #control(button) {
    const control = this.controls[button.dataset.playerRequest];
    button.hidden = !control?.isShown;
    button.disabled = this.isOver || !control?.isAllowed;
  }

  #result({ completion, success, score, progress }) {
    Object.assign(this.page.dataset, { completion, success, score: score ?? "", progress: progress ?? "" });
    const state = ["passed", "failed"].includes(success) && (completion === "completed" || success === "passed") ? success : completion;
    const parts = [this.#text(`state-${state.replaceAll(" ", "-")}`)];
    if (score !== null) parts.push(this.#text("score", { score: String(Math.round(score * 100)) }));
    this.#write("result", parts.filter(Boolean).join(" · "));
    const bar = this.#find("progress");
    if (bar) bar.value = completion === "completed" ? 1 : (progress ?? 0);
  }

  #rows(rows) {
    const list = this.#find("rows");
    const template = this.#find("row");
    if (!list || !template) return;
    const elements = rows.map((row) => this.#row(row, list, template));
    if (elements.length !== list.children.length || elements.some((each, place) => list.children[place] !== each)) {
      const focused = elements.find((each) => each.contains(document.activeElement));
      list.replaceChildren(...elements);
      focused?.querySelector("button").focus();
    }
    const button = this.#find("contents-button");
    if (button) button.hidden = rows.length < 2;
    if (rows.length < 2) this.#toggle(false);
  }

  /** A row that is shown stays the same element: a click that is under way when something changes still counts. */
  #row(row, list, template) {
    const element = [...list.children].find((each) => each.dataset.playerItem === row.id) ?? this.#newRow(row, template);
    element.dataset.depth = Math.min(row.depth, 5);
    element.dataset.rowState = row.success === "unknown" ? row.status : row.success;
    const button = element.querySelector("button");
    button.disabled = this.isOver || !row.isAllowed;
    if (row.isCurrent) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
    const state = row.isCurrent ? this.#text("state-current") : this.#text(`state-${element.dataset.rowState.replaceAll(" ", "-")}`);
    element.querySelector("[data-player-row-title]").textContent = row.title;
    element.querySelector("[data-player-row-state]").textContent = state;
    return element;
  }

  #newRow(row, template) {
    const element = template.content.firstElementChild.cloneNode(true);
    element.dataset.playerItem = row.id;
    element.querySelector("button").addEventListener("click", () => this.#send("navigate", { request: "choice", target: row.id }));
    return element;
  }

  get #isDrawerOpen() {
    return this.#find("contents") && !this.#find("contents").hidden;
  }

  #toggle(isOpen = !this.#isDrawerOpen) {
    const contents = this.#find("contents");
    if (!contents) return;
    contents.hidden = !isOpen;
    this.#find("contents-button")?.setAttribute("aria-expanded", String(isOpen));
    if (isOpen && NARROW.matches) contents.querySelector("button:not(:disabled)")?.focus();
  }

  // ---- what the frame is told

  #send(type, content) {
    this.frame.contentWindow.postMessage({ ...content, lrs_bridge: type }, this.origin);
  }

  #ask(name) {
    this.#send("navigate", { request: this.controls[name]?.request ?? name });
  }

  // ---- what is kept for a frame that may keep nothing

  #queue() {
    this.queue ??= openQueue(this.page.dataset.attempt);
    return this.queue;
  }

  async #keep(commit) {
    const isSound = Number.isInteger(commit?.session) && Number.isInteger(commit.sequence);
    if (!isSound || commit.sequence > MOST_KEPT * 1000 || JSON.stringify(commit).length > MOST_KEPT_BYTES) return;
    (await this.#queue()).put(commit);
  }

  async #drop({ session, sequence }) {
    if (Number.isInteger(session) && Number.isInteger(sequence)) (await this.#queue()).remove({ session, sequence });
  }

  async #kept() {
    const queue = await this.#queue();
    const session = Number(this.page.dataset.session);
    this.#send("kept", { commits: (await queue.all()).slice(0, MOST_KEPT), session, last: await queue.last(session) });
  }

  async #token() {
    try {
      const answer = await fetch(this.page.dataset.tokenUrl, {
        method: "POST",
        headers: { "X-CSRFToken": this.page.dataset.csrf },
        credentials: "same-origin",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const { play_token } = await answer.json();
      this.#send("token", { play_token });
      this.#notice(null);
    } catch {
      this.#send("token", { play_token: null });
      this.#notice("logged-out");
    }
  }
}

for (const page of document.querySelectorAll("[data-player]")) new Shell(page).begin();
