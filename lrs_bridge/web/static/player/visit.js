// One visit of an item: the API that its content calls, recorded. scorm-again (3.4.3) is the data model and knows its rules; what is ours is
// that every call is written down, that what changes goes to the wire, and where real content needs more patience than the specification:
//   - a second Terminate answers "true": content wired to beforeunload, pagehide and unload calls it up to three times;
//   - a document that took the place of the one that had initialised may initialise again: content that reloads itself goes on;
//   - values longer than the data model promises are kept whole, and the course's owner is told.
// SCORM 1.2 RTE 3.3, SCORM 2004 4th edition RTE 3.1.

import { durationOf, secondsOf } from "./durations.js";
import { entryOf, initialValues, LIMITS, NAMES } from "./model.js";

const CALLS = {
  1.2: { Initialize: "LMSInitialize", Terminate: "LMSFinish", GetValue: "LMSGetValue", SetValue: "LMSSetValue", Commit: "LMSCommit" },
  2004: { Initialize: "Initialize", Terminate: "Terminate", GetValue: "GetValue", SetValue: "SetValue", Commit: "Commit" },
};
const ASIDE = ["GetLastError", "GetErrorString", "GetDiagnostic"];
const GENERAL_EXCEPTION = 101;
/** What an item that has been left gets for an answer; there is no error number that says so better. */
const AFTER_LEAVING = { Initialize: "false", SetValue: "false", GetValue: "", Commit: "true", Terminate: "true", Finish: "true", GetLastError: "101" };
/** What scorm-again lets through; the specification's own limits are in LIMITS. */
const MOST_SUSPEND_DATA = 64_000;
const MOST_LOGGED = 4096;
/** RTE 3.1.7.6: undefined data model element, which SCORM 1.2 has no number of its own for. */
const UNDEFINED_ELEMENT = { 1.2: 201, 2004: 401 };
/** RTE 3.1.7.5 and 3.1.7.6: there is no such entry; scorm-again says that it has no value. */
const GET_FAILURE = "301";
const NO_VALUE = "403";
const ENTRY = /^(cmi\.(?:objectives|interactions|comments_from_learner|comments_from_lms))\.(\d+)\./;
const AT_AN_END = new Set(["time-out", "logout"]);
const NAVIGATION = "adl.nav.request";
const NAVIGATION_VALID = /^adl\.nav\.request_valid\.(continue|previous|choice|jump)(?:\.\{target=([^}]+)\})?$/;

/** @typedef {{request: string, target?: string}} Wish a navigation that content asked for */

export class Visit {
  /**
   * @param {{state: object, item: import("./model.js").Item, kept: Object<string, string>, isOpen: boolean, freshApi: () => object,
   *   wire: import("./wire.js").Wire, document: () => Document|null, allows: (request: string, target?: string) => boolean,
   *   on: {initialized: () => void, changed: (key: string) => void, committed: () => void, terminated: (wish: Wish|null) => void,
   *   warned: (warning: object) => void}}} options kept: what the SCO has set, which grows as it sets more
   */
  constructor(options) {
    Object.assign(this, options);
    this.version = this.state.version;
    this.names = NAMES[this.version];
    this.warnings = new Set();
    this.#load(this.isOpen);
    this.facade = this.#facade();
  }

  /** @param {boolean} isOpen whether the last session with the SCO has never ended */
  #load(isOpen) {
    this.api = this.freshApi();
    this.phase = "waiting";
    this.wish = null;
    this.sessionTime = null;
    this.begunAt = null;
    this.whole = new Map();
    this.isPlaceBlank = false;
    this.timeBefore = secondsOf(this.kept[this.names.total]);
    for (const [key, value] of initialValues(this.state, this.item, this.kept, entryOf(this.state, this.kept, isOpen))) {
      try {
        this.api.setCMIValue(key, this.#fitting(key, value));
        // what content had set in this attempt is its own word, not the LMS's: at the end it counts before what objectives were seeded with
        if (key in this.kept) this.api._runtimeSetCMIElements?.add(key);
        this.#keepWhole(key, value);
      } catch {
        // a value that an earlier version of the runtime took: it stays with the server, content does not see it
      }
    }
    this.api.lastErrorCode = "0";
  }

  // ---- what content calls

  /** The object that content finds as API or API_1484_11. It stays with this visit: late calls reach no other item. */
  #facade() {
    const of = CALLS[this.version];
    const own = {
      [of.Initialize]: (parameter) => this.#record(of.Initialize, parameter, "", () => this.#initialize(given(parameter))),
      [of.Terminate]: (parameter) => this.#terminate(given(parameter)),
      [of.GetValue]: (key) => this.#record(of.GetValue, key, "", () => this.#get(String(key)), true),
      [of.SetValue]: (key, value) => this.#record(of.SetValue, key, value, () => this.#set(String(key), value)),
      [of.Commit]: (parameter) => this.#record(of.Commit, parameter, "", () => this.#commit(given(parameter))),
    };
    if (this.version === "2004") own.version = "1.0"; // RTE 3.2.1: content may ask which API it has found
    const prefix = this.version === "1.2" ? "LMS" : "";
    for (const name of ASIDE) {
      own[prefix + name] = (code) => this.#record(prefix + name, code, "", () => String(this.api[prefix + name](code) ?? ""), true);
    }
    return own;
  }

  /** Does it, writes it down, and answers with a string whatever happens. */
  #record(name, parameter, value, work, isQuiet = false) {
    if (this.phase === "left") return AFTER_LEAVING[name.replace("LMS", "")] ?? "";
    let result;
    let error;
    try {
      result = String(work() ?? "");
      error = Number(this.api.lastErrorCode) || 0;
    } catch {
      result = "false";
      error = GENERAL_EXCEPTION;
      this.api.lastErrorCode = String(error);
    }
    this.wire.call([Date.now(), name, logged(parameter), logged(value), logged(result), error], isQuiet);
    return result;
  }

  /** The item has been left: what a window that outlives it still calls has no effect, least of all on the next item. */
  leave() {
    this.phase = "left";
  }

  #initialize(parameter) {
    if (this.phase !== "waiting" && this.document() !== this.page) {
      this.page = this.document();
      if (this.phase === "running") return "true";
      this.#load(this.kept[this.names.exit] === "suspend");
    }
    const result = this.api[CALLS[this.version].Initialize](parameter);
    if (result !== "true") return result;
    this.phase = "running";
    this.page = this.document();
    this.begunAt = performance.now();
    this.#keep(this.names.exit, ""); // each session has its own (RTE 4.2.8); what the last one said has been used
    this.on.initialized();
    return result;
  }

  /** @returns {boolean} whether the name is no element's but that of a group or list; scorm-again would let content put a text in its place */
  #isUndefined(key) {
    if (this.phase !== "running" || !isGroup(this.api, key)) return false;
    this.api.lastErrorCode = String(UNDEFINED_ELEMENT[this.version]);
    return true;
  }

  #get(key) {
    if (this.#isUndefined(key)) return "";
    const valid = this.version === "2004" && this.phase === "running" && NAVIGATION_VALID.exec(key);
    if (valid) return this.#isValid(valid[1], valid[2]);
    if (key === this.names.location && this.isPlaceBlank) return this.#nothing();
    const value = this.api[CALLS[this.version].GetValue](key);
    if (this.version === "2004" && this.api.lastErrorCode === NO_VALUE && this.#isBeyond(key)) this.api.lastErrorCode = GET_FAILURE;
    return value !== "" && this.whole.has(key) ? this.whole.get(key) : value;
  }

  #nothing() {
    this.api.lastErrorCode = "0";
    return "";
  }

  #isBeyond(key) {
    const [, list, index] = ENTRY.exec(key) ?? [];
    return list !== undefined && Number(index) >= this.#list(list).length;
  }

  #list(name) {
    return this.api.cmi[name.slice("cmi.".length)].childArray;
  }

  /** What would happen is tried, not guessed (engine.js). A jump is valid wherever its target exists (SN 4th edition 4.4). */
  #isValid(request, target) {
    this.api.lastErrorCode = "0";
    if (request === "jump") return this.state.edition === "4th" ? String(this.allows("jump", target)) : "unknown";
    return String(this.allows(request, target));
  }

  #set(key, value) {
    if (this.#isUndefined(key)) return "false";
    const text = value === undefined || value === null ? "" : String(value);
    const result = this.#take(key, text);
    if (result !== "true") return result;
    this.#keepWhole(key, text);
    if (key === NAVIGATION) this.wish = wishOf(text);
    else if (!key.startsWith("adl.")) {
      this.#nameObjective(key);
      this.#keep(key, text);
    }
    if (key === this.names.session) this.sessionTime = secondsOf(text);
    this.on.changed(key);
    return result;
  }

  #take(key, text) {
    const isPlace = this.version === "2004" && this.phase === "running" && key === this.names.location;
    if (isPlace) this.isPlaceBlank = text === "";
    if (isPlace && this.isPlaceBlank) {
      this.#nothing(); // a place like any other (RTE 4.2.14), which scorm-again refuses
      return "true";
    }
    const [, name] = (this.version === "2004" && ENTRY.exec(key)) || [];
    const list = name ? this.#list(name) : [];
    const before = list.length;
    const result = this.api[CALLS[this.version].SetValue](key, this.#fitting(key, text));
    if (result !== "true" && list.length > before) list.length = before; // an entry that was refused is none
    return result;
  }

  /** Objectives that the manifest names have their id from us: what content sets of one is told with it. */
  #nameObjective(key) {
    const index = /^cmi\.objectives\.(\d+)\.(?!id$)/.exec(key)?.[1];
    const name = `cmi.objectives.${index}.id`;
    if (index === undefined || this.kept[name]) return;
    const id = this.api.cmi.objectives.childArray[index]?.id;
    if (id) this.#keep(name, id);
  }

  #commit(parameter) {
    const result = this.api[CALLS[this.version].Commit](parameter);
    if (result === "true" && this.phase === "running") {
      this.account();
      this.on.committed();
    }
    return result;
  }

  #terminate(parameter) {
    const name = CALLS[this.version].Terminate;
    if (this.phase === "ended" || this.phase === "left") return this.#record(name, parameter, "", () => this.#again(), true);
    let hasEnded = false;
    const result = this.#record(name, parameter, "", () => {
      // scorm-again's own Terminate would navigate here, before content has finished its last words
      const answer = parameter === "" ? this.api.terminate(name, true) : this.api[name](parameter);
      hasEnded = answer === "true";
      return answer;
    });
    if (hasEnded) this.#end();
    return result;
  }

  #again() {
    this.api.lastErrorCode = "0";
    return "true";
  }

  #end() {
    this.phase = "ended";
    this.account();
    this.on.terminated(this.wish);
  }

  // ---- what is kept

  #keep(key, value) {
    this.kept[key] = value;
    this.wire.set(key, value);
  }

  /** Brings up to date what follows from what content has set: the statuses that thresholds decide, the total of the time. */
  account() {
    if (this.phase === "waiting") return;
    for (const key of this.names.statuses) {
      const status = this.#status(key);
      if (status && status !== (this.kept[key] ?? "unknown") && status !== "not attempted") this.#keep(key, status);
    }
    const seconds = this.sessionTime ?? this.seconds;
    const total = this.timeBefore + seconds;
    const isOld = Math.abs(total - secondsOf(this.kept[this.names.total])) >= (this.phase === "ended" ? 0.01 : 1);
    if (isOld) this.#keep(this.names.total, durationOf(this.version, total));
  }

  #status(key) {
    const { cmi } = this.api;
    if (key === "cmi.core.lesson_status") return cmi.core.lesson_status;
    return key === "cmi.completion_status" ? cmi.completion_status : cmi.success_status;
  }

  /** How long the session has lasted by our own clock. */
  get seconds() {
    return this.begunAt === null ? 0 : (performance.now() - this.begunAt) / 1000;
  }

  /** What cmi.exit says; it decides whether the attempt is suspended. */
  get exit() {
    return this.kept[this.names.exit] ?? "";
  }

  /** The navigation that follows from cmi.exit, where content asks for none (RTE 4.2.8). */
  get parting() {
    return this.version === "2004" && AT_AN_END.has(this.exit) ? { request: "exitAll" } : null;
  }

  #limit(key) {
    return key === "cmi.suspend_data" ? MOST_SUSPEND_DATA : (LIMITS[this.version][key] ?? Infinity);
  }

  #fitting(key, text) {
    const most = this.#limit(key);
    return text.length > most ? text.slice(0, most) : text;
  }

  #keepWhole(key, text) {
    if (text.length > this.#limit(key)) this.whole.set(key, text);
    else this.whole.delete(key);
    const most = LIMITS[this.version][key];
    if (text.length <= most || most === undefined || this.warnings.has(key)) return;
    this.warnings.add(key);
    this.on.warned({ code: "too-long", key, length: text.length, limit: most });
  }
}

const given = (parameter) => (parameter === undefined || parameter === null ? "" : String(parameter));

function logged(value) {
  const text = given(value);
  return text.length > MOST_LOGGED ? `${text.slice(0, MOST_LOGGED)}… (${text.length})` : text;
}

function isGroup({ cmi, adl }, key) {
  let here = { cmi, adl };
  try {
    for (const part of key.split(".")) here = here?.childArray && /^\d+$/.test(part) ? here.childArray[part] : here?.[part];
  } catch {
    return false; // an element that can't be read
  }
  return typeof here === "object" && here !== null;
}

/** @returns {Wish|null} */
function wishOf(text) {
  const match = /^(?:\{target=([^}]+)\})?(_?[A-Za-z]+_?)$/.exec(text);
  if (!match || match[2] === "_none_") return null;
  return match[1] ? { request: match[2], target: match[1] } : { request: match[2] };
}
