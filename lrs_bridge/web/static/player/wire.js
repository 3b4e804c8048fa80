// What goes over the wire: commits, in order, each with its number, until the server has them.
//
// What changes is gathered in a draft, which already has its number and stands in the write-ahead queue a moment after the first change.
// It is cut when the content commits, when it has been quiet for a while, or when something ends; then it is sent. Values are cumulative
// since the last commit that the server acknowledged, so that a commit which overtakes an earlier one carries all of it.

/**
 * @typedef {"initialize"|"commit"|"auto"|"leave"|"terminate"|"navigate"} Reason
 * @typedef {[number, string, string, string, string, number]} Call when (ms), function, parameter, value, result, error code
 * @typedef {{session: number, sequence: number, sco: string, reason: Reason, cmi: Object<string, string>, sequencing?: unknown,
 *   globals?: unknown, current?: string|null, seconds: number, calls: Call[], initialized?: boolean, terminated: boolean}} Commit
 * @typedef {{token: () => Promise<string>, status: (status: "saved"|"saving"|"offline") => void, superseded: () => void,
 *   refused: (why: object) => void}} Ears
 */

/** Beacons and keepalive requests share 64 KiB for a page (Fetch, 4.6); a little is left for headers. */
const BEACON_BYTES = 60_000;
const WRITE_AHEAD_MS = 50;
const LONGEST_BACK_OFF_MS = 30_000;
const ANSWER_MS = 20_000;
const AFTER_BEACON_MS = 2000;
const MOST_CALLS = 1000;
const MOST_CALL_CHARACTERS = 200_000;
/** A change this large can't wait for the pause of autosave: once it is acknowledged, what is left at the end fits a beacon. */
const HURRY_BYTES = 20_000;
const HURRY_MS = 100;
const RANK = ["auto", "initialize", "commit", "leave", "navigate", "terminate"];

/** Values of which the newest version is not yet known to be with the server. */
class Pending {
  /** @type {Map<string, {value: unknown, sequence: number|null}>} sequence: the first commit that carried this version */
  #values = new Map();

  set(key, value) {
    this.#values.set(key, { value, sequence: null });
  }

  /** @param {number} sequence of the commit that carries them now */
  stamp(sequence) {
    for (const each of this.#values.values()) each.sequence ??= sequence;
  }

  /** @param {number} sequence that the server has: with it, everything up to it */
  acknowledge(sequence) {
    for (const [key, each] of this.#values) if (each.sequence !== null && each.sequence <= sequence) this.#values.delete(key);
  }

  get hasNew() {
    return [...this.#values.values()].some((each) => each.sequence === null);
  }

  get size() {
    return this.#values.size;
  }

  /** @returns {Object<string, unknown>} */
  flat() {
    return Object.fromEntries([...this.#values].map(([key, { value }]) => [key, value]));
  }
}

const bytesOf = (text) => new Blob([text]).size;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Wire {
  /**
   * @param {{play: string, session: number, sequence: number, queue: import("./queue.js").Queue, ears: Ears,
   *   autosaveMs: number, seconds: () => number}} options play: path of the play page with its token; sequence: the last number used
   */
  constructor({ play, session, sequence, queue, ears, autosaveMs, seconds }) {
    Object.assign(this, { play, session, sequence, queue, ears, autosaveMs, seconds });
    /** @type {Map<string, Pending>} */
    this.values = new Map();
    this.extras = new Pending();
    this.sco = "";
    /** @type {{sequence: number, sco: string, reason: Reason, initialized: boolean, terminated: boolean, calls: Call[],
     *   characters: number, due: boolean}|null} */
    this.draft = null;
    /** @type {{commit: Commit, handed?: boolean}[]} handed: the browser sends it, page or no page */
    this.outbox = [];
    this.sending = false;
    this.failures = 0;
    this.stopped = false;
    this.isAheadDirty = false;
    this.status = "saved";
    this.timers = {};
    addEventListener("online", () => this.#retry());
  }

  // ---- what the runtime tells

  /** @param {string} sco the item whose values and calls come from now on */
  begin(sco) {
    if (this.draft && this.draft.sco !== sco) this.#cut();
    this.sco = sco;
    if (!this.values.has(sco)) this.values.set(sco, new Pending());
  }

  /**
   * @param {Call} call
   * @param {boolean} isQuiet that changes nothing: it goes along with what does
   */
  call(call, isQuiet) {
    if (this.stopped) return;
    const draft = this.#touch();
    draft.calls.push(call);
    draft.characters += call[3].length + call[4].length;
    if (draft.calls.length >= MOST_CALLS || draft.characters >= MOST_CALL_CHARACTERS) this.#cut();
    if (!isQuiet || !this.draft) this.#schedule();
  }

  /** A value of the data model that is new. */
  set(key, value) {
    if (this.stopped) return;
    this.values.get(this.sco).set(key, value);
    this.#touch();
    this.#schedule(value.length > HURRY_BYTES ? HURRY_MS : undefined);
  }

  /** Something that goes with the commit itself: sequencing, globals, current. */
  extra(name, value) {
    if (this.stopped) return;
    this.extras.set(name, value);
    this.#touch();
    this.#schedule();
  }

  /**
   * Sends what there is. While others are on their way, the draft waits and gathers more: order is kept, and a slow network gets few,
   * full commits.
   * @param {Reason} reason
   */
  commit(reason, { terminated = false } = {}) {
    if (this.stopped) return;
    const draft = this.#touch();
    if (RANK.indexOf(reason) > RANK.indexOf(draft.reason)) draft.reason = reason;
    if (reason === "initialize") draft.initialized = true; // the reason itself may give way to a weightier one
    draft.terminated ||= terminated;
    draft.due = true;
    if (terminated || !this.outbox.length) this.#cut();
    else this.#writeAhead();
    void this.#pump();
  }

  /** The page may end now: everything that fits is handed to the browser, which sends it without us. */
  leave() {
    if (this.stopped) return;
    if (this.draft) {
      if (RANK.indexOf(this.draft.reason) < RANK.indexOf("leave")) this.draft.reason = "leave";
      this.#cut({ slim: true });
    }
    for (const entry of this.outbox) entry.handed ||= this.#beacon(entry.commit);
    clearTimeout(this.timers.retry);
    this.timers.retry = setTimeout(() => void this.#pump(), AFTER_BEACON_MS); // should the page live on; a second copy does no harm
  }

  /** The page is in view again: what beacons took is confirmed now. */
  resume() {
    this.#retry();
  }

  /** Stops for good: another sitting has taken over. */
  stop() {
    this.stopped = true;
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
  }

  /**
   * Waits until the server has everything.
   * @param {number} ms at most
   * @returns {Promise<boolean>} whether it has
   */
  async settle(ms) {
    const end = Date.now() + ms;
    while ((this.outbox.length || this.draft?.due) && Date.now() < end && !this.stopped) await pause(20);
    return !this.outbox.length;
  }

  // ---- drafts

  #touch() {
    this.draft ??= { sequence: ++this.sequence, sco: this.sco, reason: "auto", initialized: false, terminated: false, calls: [], characters: 0, due: false };
    return this.draft;
  }

  #schedule(ms = this.autosaveMs) {
    this.#tell("saving");
    this.#aheadSoon();
    if (ms !== this.autosaveMs) clearTimeout(this.timers.auto);
    else if (this.timers.hurry) return;
    clearTimeout(this.timers.auto);
    this.timers.hurry = ms !== this.autosaveMs;
    this.timers.auto = setTimeout(() => {
      this.timers.hurry = false;
      if (this.draft) this.commit("auto");
      else void this.#pump();
    }, ms);
  }

  /** The first change is written when the content's script pauses, more of them at most every so often. */
  #aheadSoon() {
    this.isAheadDirty = true;
    if (this.timers.ahead) return;
    this.timers.ahead = setTimeout(() => {
      this.timers.ahead = null;
      if (this.isAheadDirty) this.#aheadSoon();
    }, WRITE_AHEAD_MS);
    queueMicrotask(() => this.#writeAhead());
  }

  #writeAhead() {
    this.isAheadDirty = false;
    if (this.draft && !this.stopped) this.queue.put(this.#compose(this.draft));
  }

  /** @returns {Commit} */
  #compose({ sequence, sco, reason, initialized, terminated, calls }) {
    const cmi = this.values.get(sco)?.flat() ?? {};
    const seconds = Math.round(this.seconds() * 100) / 100;
    return { session: this.session, sequence, sco, reason, cmi, ...this.extras.flat(), seconds, calls, initialized, terminated };
  }

  #cut({ slim = false } = {}) {
    const { draft } = this;
    if (!draft) return;
    let commit = this.#compose(draft);
    if (slim && bytesOf(JSON.stringify(commit)) > BEACON_BYTES) {
      this.#enter(slimmed(commit));
      commit = { ...commit, sequence: ++this.sequence };
    }
    this.draft = null;
    this.values.get(draft.sco)?.stamp(commit.sequence);
    this.extras.stamp(commit.sequence);
    this.#enter(commit);
  }

  #enter(commit) {
    this.queue.put(commit);
    this.outbox.push({ commit });
  }

  // ---- sending

  async #pump() {
    if (this.sending) return;
    this.sending = true;
    try {
      while (this.outbox.length && !this.stopped) {
        this.#tell("saving");
        if (!(await this.#deliver(this.outbox[0]))) return;
        this.outbox.shift();
        this.failures = 0;
        if (!this.outbox.length && this.draft?.due) this.#cut();
      }
      if (!this.draft && !this.stopped) this.#tell("saved");
    } finally {
      this.sending = false;
    }
  }

  /** @returns {Promise<boolean>} whether the server has it; if not, it is tried again later */
  async #deliver(entry) {
    const { commit } = entry;
    const body = JSON.stringify(commit);
    const keepalive = this.failures === 0 && bytesOf(body) < BEACON_BYTES / 2; // the other half is left for the end
    entry.handed ||= keepalive;
    const outcome = await post(this, body, keepalive);
    if (outcome.kind === "none") {
      entry.handed = false;
      this.#later();
      return false;
    }
    this.queue.remove(commit);
    this.values.get(commit.sco)?.acknowledge(commit.sequence);
    this.extras.acknowledge(commit.sequence);
    if (outcome.kind === "superseded") {
      this.stop();
      this.ears.superseded();
      return false;
    }
    if (outcome.kind === "refused") this.ears.refused(outcome.why);
    return true;
  }

  #later() {
    this.failures += 1;
    this.#tell("offline");
    clearTimeout(this.timers.retry);
    this.timers.retry = setTimeout(() => void this.#pump(), Math.min(500 * 2 ** this.failures, LONGEST_BACK_OFF_MS));
  }

  #retry() {
    clearTimeout(this.timers.retry);
    void this.#pump();
  }

  /** @returns {boolean} whether the browser took it */
  #beacon(commit) {
    const body = JSON.stringify(commit);
    if (bytesOf(body) > BEACON_BYTES) return false;
    return navigator.sendBeacon(`${this.play}/commit`, body);
  }

  #tell(status) {
    const shown = this.failures && status === "saving" ? "offline" : status;
    if (shown === this.status) return;
    this.status = shown;
    this.ears.status(shown);
  }
}

/**
 * The part of a commit that fits a beacon: without long values and without the calls. The full one follows with the next number and
 * waits in the queue, should it not get through.
 * @param {Commit} commit
 * @returns {Commit}
 */
function slimmed(commit) {
  const cmi = {};
  let left = BEACON_BYTES / 2;
  for (const [key, value] of Object.entries(commit.cmi).sort((one, other) => one[1].length - other[1].length)) {
    left -= key.length + 3 * value.length;
    if (left < 0) break;
    cmi[key] = value;
  }
  const { sequencing: _sequencing, globals: _globals, ...rest } = commit;
  return { ...rest, cmi, calls: [] };
}

/**
 * Posts one commit; with a new token, once, if the old one has expired.
 * @param {{play: string, ears: Ears}} wire
 * @param {string} body
 * @param {boolean} keepalive
 * @returns {Promise<{kind: "kept"|"superseded"|"none"|"refused", why?: object}>}
 */
export async function post(wire, body, keepalive) {
  for (const isLast of [false, true]) {
    let answer;
    try {
      answer = await fetch(`${wire.play}/commit`, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/json" },
        credentials: "omit",
        keepalive,
        signal: AbortSignal.timeout(ANSWER_MS),
      });
    } catch {
      return { kind: "none" };
    }
    const why = await told(answer); // to its end: until then a keepalive request counts against the 64 KiB that may be under way
    if (answer.ok) return { kind: "kept" };
    if (answer.status === 409) return { kind: "superseded" };
    if (answer.status === 413 || answer.status === 422) return { kind: "refused", why };
    if (answer.status !== 401 || isLast) return { kind: "none" };
    try {
      wire.play = await wire.ears.token();
    } catch {
      return { kind: "none" };
    }
  }
  return { kind: "none" };
}

async function told(answer) {
  try {
    return { status: answer.status, ...(await answer.json()) };
  } catch {
    return { status: answer.status };
  }
}

/**
 * Sends what earlier sittings of the attempt left in the queue.
 * @param {{play: string, ears: Ears}} wire
 * @param {import("./queue.js").Queue} queue
 * @returns {Promise<boolean>} whether all of it is with the server
 */
export async function drain(wire, queue) {
  for (const commit of await queue.all()) {
    const { kind } = await post(wire, JSON.stringify(commit), false);
    if (kind === "none") return false;
    queue.remove(commit);
  }
  return true;
}
