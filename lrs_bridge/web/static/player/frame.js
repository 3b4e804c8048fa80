// The play page, on the content's origin: holds the API that content looks for, shows the content in an iframe below, and sends what it does
// to the server. The application's page around it (shell.js) shows where the learner is and steers; the two talk through bridge.js.
//
// <body data-play="/play/<token>" data-attempt="<uuid>" data-session="<number>" data-shell="<origin of the application>">

import { Bridge } from "./bridge.js";
import { Course12 } from "./course12.js";
import { Course2004 } from "./course2004.js";
import { placesOf } from "./model.js";
import { openQueue } from "./queue.js";
import { takeOver } from "./rivals.js";
import { Stage } from "./stage.js";
import { Visit } from "./visit.js";
import { drain, Wire } from "./wire.js";

const RUNTIMES = {
  1.2: { api: "API", load: () => import("../vendor/scorm-again/3.4.3/scorm12.min.js"), library: "Scorm12API", Course: Course12 },
  2004: { api: "API_1484_11", load: () => import("../vendor/scorm-again/3.4.3/scorm2004.min.js"), library: "Scorm2004API", Course: Course2004 },
};
const AUTOSAVE_MS = 1000;
const OUTLOOK_MS = 300;
/** A page that calls Terminate while it is reloaded, or left for another page of the content, has not ended the item. */
const RELOAD_MS = 300;
const RELOADED_MS = 3000;
const UNLOAD_MS = 3000;
const SETTLE_MS = 4000;
const TELLING = /status|score|progress_measure|objectives|adl\.nav/;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Player {
  constructor({ play, attempt, session, shell }) {
    Object.assign(this, { play, attempt, session: Number(session) });
    this.bridge = new Bridge(shell);
    this.stage = new Stage(document.getElementById("stage"));
    this.visit = null;
    this.isLeaving = false;
    this.leavingUntil = 0;
    this.isBusy = false;
    this.isOver = false;
    this.wish = null;
    this.timers = {};
    this.open = {};
    this.sent = {};
    this.begunAt = performance.now();
  }

  // ---- beginning

  async begin() {
    this.#listen();
    await takeOver(this.attempt, this.session, () => this.#yield());
    this.queue = await openQueue(this.attempt, this.bridge);
    const ears = this.#ears();
    const early = { play: this.play, ears };
    for (let failures = 0; !(this.state = await this.#fetchState(early)); failures += 1) {
      this.bridge.tell("status", { status: "offline" });
      await pause(Math.min(500 * 2 ** failures, 10_000));
    }
    this.state.scos ??= {};
    this.open = { ...this.state.sequencing?.open };
    const sequence = Math.max(await this.queue.last(this.session), this.state.sequence ?? 0);
    const { state, session, queue } = this;
    const seconds = () => (performance.now() - this.begunAt) / 1000;
    const autosaveMs = state.autosave_ms ?? AUTOSAVE_MS;
    this.wire = new Wire({ play: early.play, session, sequence, queue, ears, autosaveMs, seconds });
    this.runtime = RUNTIMES[state.version];
    this.wire.begin(placesOf(state.organization).find(({ item }) => item.href).item.identifier);
    const library = await this.runtime.load();
    this.course = new this.runtime.Course(state, library[this.runtime.library]);
    this.bridge.tell("ready", { title: state.organization.title, version: state.version, mode: state.mode });
    await this.#follow(this.course.begin());
  }

  /** What earlier sittings left goes first, so that the state has it. */
  async #fetchState(wire) {
    if (!(await drain(wire, this.queue))) return null;
    for (const isLast of [false, true]) {
      try {
        const answer = await fetch(`${wire.play}/state`, { credentials: "omit", cache: "no-store" });
        if (answer.ok) return await answer.json();
        if (answer.status !== 401 || isLast) return null;
        wire.play = await wire.ears.token();
      } catch {
        return null;
      }
    }
    return null;
  }

  #ears() {
    return {
      token: () => this.bridge.token(),
      status: (status) => this.bridge.tell("status", { status }),
      superseded: () => void this.#supersede(),
      refused: (why) => this.bridge.tell("warning", { code: "refused", ...why }),
    };
  }

  #listen() {
    addEventListener("beforeunload", () => {
      this.leavingUntil = Date.now() + UNLOAD_MS; // content below gets this event after us, and may call Terminate in it
    });
    addEventListener("pagehide", () => this.#leave(true));
    addEventListener("pageshow", (event) => {
      if (event.persisted) location.reload(); // content has said goodbye, and can't be asked to begin again
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#leave(false);
      else this.wire?.resume();
    });
    this.bridge.on("navigate", ({ request, target }) => void this.#navigate(String(request), target));
    this.bridge.on("outlook", () => this.#showOutlook());
  }

  // ---- going through the course

  /** @param {import("./course2004.js").Step} step */
  async #follow(step) {
    if (step.item) {
      this.#launch(this.course.items.get(step.item), step.isFresh);
      return;
    }
    this.#keepPlace();
    if (step.ended) await this.#finish(step.ended);
    else {
      this.#rest(step.refused);
    }
  }

  /** Nothing comes of itself: the learner chooses, or leaves. */
  #rest(refused) {
    this.wire.commit("navigate");
    this.bridge.tell(this.course.leaves.length > 1 ? "choose" : "finished", { refused });
    this.#showOutlook();
  }

  #launch(item, isFresh) {
    const { state, wire } = this;
    const id = item.identifier;
    wire.begin(id);
    const kept = ((state.scos[id] ??= { cmi: {} }).cmi ??= {});
    if (isFresh) this.#blank(id, kept);
    this.visit?.leave();
    this.visit = new Visit({
      state,
      item,
      kept,
      wire,
      isOpen: Boolean(this.open[id]),
      freshApi: () => this.course.freshApi(),
      document: () => this.stage.document(),
      allows: (request, target) => this.course.allows(request, target),
      on: this.#visitEars(id),
    });
    window[this.runtime.api] = this.visit.facade;
    wire.extra("current", id);
    this.#keepPlace();
    this.stage.show(new URL(item.href, new URL(state.files, location.href)).href, item.title);
    this.bridge.tell("item", { id, title: item.title });
    this.#showOutlook();
  }

  /** A new attempt on an activity begins with nothing (SN 4.5, RTE 4.2): what was set is blank from now on. */
  #blank(id, kept) {
    this.open[id] = false;
    for (const key of Object.keys(kept)) {
      if (kept[key] !== "") this.wire.set(key, "");
      delete kept[key];
    }
  }

  #visitEars(id) {
    return {
      initialized: () => {
        this.open[id] = true;
        clearTimeout(this.timers.exit);
        this.#keepPlace();
        this.wire.commit("initialize");
        this.#outlookSoon();
      },
      changed: (key) => {
        if (TELLING.test(key)) this.#outlookSoon();
      },
      committed: () => {
        this.#keepPlace();
        this.wire.commit("commit");
        this.#outlookSoon();
      },
      terminated: (wish) => this.#terminated(id, wish),
      warned: (warning) => this.bridge.tell("warning", { ...warning, item: id }),
    };
  }

  get #isEnding() {
    return this.isLeaving || Date.now() < this.leavingUntil;
  }

  /** Content has ended its session: because it was told to go, because it asks to go elsewhere, because the window closes, or of itself. */
  #terminated(id, wish) {
    this.open[id] = false;
    const asked = this.wish ? null : (wish ?? (this.#isEnding ? null : this.visit.parting));
    let step = null;
    if (asked) step = this.#step(asked.request, asked.target);
    else if (!this.wish && this.#isEnding) this.#suspend(id);
    this.#keepPlace();
    this.wire.commit("terminate", { terminated: true });
    if (this.#isEnding) this.wire.leave();
    else if (step) setTimeout(() => void this.#replace(() => this.#follow(step)));
    else if (!this.wish) this.#exitSoon();
    this.#outlookSoon();
  }

  #step(request, target) {
    if (request === "suspendAll") this.open[this.visit.item.identifier] = true;
    return this.course.navigate(request, target, this.visit.exit);
  }

  #suspend(id) {
    clearTimeout(this.timers.exit);
    this.open[id] = this.visit.exit !== "normal" && this.visit.exit !== "logout";
    this.course.navigate("suspendAll", undefined, this.visit.exit);
  }

  /** Content that ended of itself has exited, unless another page of it takes over. */
  #exitSoon(ms = RELOAD_MS) {
    const { visit } = this;
    clearTimeout(this.timers.exit);
    this.timers.exit = setTimeout(() => {
      if (this.visit !== visit || visit.phase !== "ended" || this.isBusy) return;
      if (ms === RELOAD_MS && this.stage.document() !== visit.page) this.#exitSoon(RELOADED_MS);
      else void this.#exit();
    }, ms);
  }

  async #exit() {
    this.timers.exit = null;
    const step = this.#step("exit");
    this.#keepPlace();
    if (step.item || step.ended) await this.#replace(() => this.#follow(step));
    else this.#rest(null);
  }

  async #replace(then) {
    this.isBusy = true;
    try {
      await this.stage.clear();
      await then();
    } finally {
      this.isBusy = false;
    }
  }

  /** The learner wants to go somewhere: content is taken away first, and may speak its last words, but not choose another way. */
  async #navigate(request, target) {
    if (this.isBusy || this.isOver || !this.course) return;
    const isLeaving = request in { suspendAll: 0, exitAll: 0, abandonAll: 0 };
    if (!isLeaving && !this.course.allows(request, target)) {
      this.bridge.tell("refused", { request, target });
      this.#showOutlook();
      return;
    }
    this.wish = { request, target };
    clearTimeout(this.timers.exit);
    await this.#replace(async () => {
      this.visit?.account();
      const step = this.visit ? this.#step(request, target) : this.course.navigate(request, target);
      this.wish = null;
      await this.#follow(step);
    });
    this.wish = null;
  }

  async #finish(how) {
    this.isOver = true;
    this.visit?.leave();
    this.wire.commit("navigate");
    this.#showOutlook();
    const isSaved = await this.wire.settle(SETTLE_MS);
    this.bridge.tell("ended", { how, isSaved });
  }

  // ---- keeping

  /** Where the learner is goes with the next commit, if it has changed. */
  #keepPlace() {
    const { sequencing, globals } = this.course.snapshot();
    this.#extra("sequencing", { ...sequencing, open: { ...this.open }, result: this.course.result() });
    if (globals) this.#extra("globals", globals);
  }

  #extra(name, value) {
    const written = JSON.stringify(value);
    if (this.sent[name] === written) return;
    this.sent[name] = written;
    this.wire.extra(name, value);
  }

  #leave(isEnd) {
    if (!this.wire || this.isOver) return;
    if (isEnd) {
      this.isLeaving = true;
      if (this.timers.exit) this.#suspend(this.visit.item.identifier);
    }
    this.visit?.account();
    this.#keepPlace();
    this.wire.leave();
  }

  /** Another window goes on with the attempt: hands in what there is. */
  async #yield() {
    if (this.isOver) return;
    this.isLeaving = true;
    await this.stage.clear(250);
    this.#leave(true);
    this.wire?.resume();
    await this.wire?.settle(400);
    await this.#supersede();
  }

  async #supersede() {
    this.isOver = true;
    this.wire?.stop();
    this.bridge.tell("superseded");
    await this.stage.clear(250);
  }

  // ---- telling the page around us

  #outlookSoon() {
    clearTimeout(this.timers.outlook);
    this.timers.outlook = setTimeout(() => this.#showOutlook(), OUTLOOK_MS);
  }

  #showOutlook() {
    clearTimeout(this.timers.outlook);
    if (this.course) this.bridge.tell("outlook", this.course.outlook());
  }
}

const player = new Player(document.body.dataset);
player.begin().catch((error) => {
  player.bridge.tell("failed", { message: String(error) });
  throw error;
});
