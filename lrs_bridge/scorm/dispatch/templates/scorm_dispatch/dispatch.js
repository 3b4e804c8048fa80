/*
 * Plays a course that lrs_bridge hosts, inside a learning system that knows SCORM alone, and reports to both sides.
 *
 * SCORM 1.2 RTE 3.2 and 3.3, SCORM 2004 RTE 3.1 to 3.3: finding the API, its functions, and when they may be called.
 * The page's settings (element "settings", JSON): version "1.2" or "2004"; url, where the course is opened; token, the
 * destination's secret; salt, set where learners' ids are hashed (SHA-256 of salt, line feed, id) and names kept back; texts.
 *
 * How the course is opened: a form is posted into the frame, with the fields token, learner_id, learner_name (empty where ids
 * are hashed), mode (normal, browse or review), and origin, to which the course's page posts its messages.
 *
 * What the course's page says (window.postMessage to the page that frames or opened it, with that exact origin):
 *   {"lrs_bridge": "dispatch.outcome", "completion": true|false|null, "success": true|false|null,
 *    "score": {"scaled": n, "raw": n, "minimum": n, "maximum": n}|null (each may be null), "seconds": n, "location": "…"}
 *     at once when it is loaded, and whenever any of it changes; seconds is the length of this sitting so far.
 *   {"lrs_bridge": "dispatch.ended"} when the learner has left the course.
 *
 * Everything is committed as soon as it is known: browsers forbid the synchronous requests that many learning systems make
 * while a page goes away, so what is only said then may be lost. A page that goes away without an end is suspended.
 */
(function () {
  "use strict";

  const settings = JSON.parse(document.getElementById("settings").textContent);
  const is12 = settings.version === "1.2";
  const origin = new URL(settings.url).origin;
  const PATIENCE_MS = 20000;
  const KEEP_MS = 5 * 60 * 1000;
  const NAMES = is12
    ? {
        api: "API", initialize: "LMSInitialize", get: "LMSGetValue", set: "LMSSetValue", commit: "LMSCommit", finish: "LMSFinish",
        id: "cmi.core.student_id", name: "cmi.core.student_name", mode: "cmi.core.lesson_mode", credit: "cmi.core.credit",
        exit: "cmi.core.exit", time: "cmi.core.session_time", location: "cmi.core.lesson_location", score: "cmi.core.score.",
      }
    : {
        api: "API_1484_11", initialize: "Initialize", get: "GetValue", set: "SetValue", commit: "Commit", finish: "Terminate",
        id: "cmi.learner_id", name: "cmi.learner_name", mode: "cmi.mode", credit: "cmi.credit",
        exit: "cmi.exit", time: "cmi.session_time", location: "cmi.location", score: "cmi.score.",
      };
  const RANKS = { passed: 4, completed: 3, failed: 3, incomplete: 1, browsed: 1 };
  const LONGEST_LOCATION = is12 ? 255 : 1000;

  const frame = document.getElementById("course");
  const notice = document.getElementById("notice");
  const words = document.getElementById("words");
  const again = document.getElementById("again");
  const elsewhere = document.getElementById("elsewhere");

  let api = null;
  let popup = null;
  let counts = true;
  let heard = false;
  let finished = false;
  let isDone = false;
  let timer = null;
  let learner = null;
  let measured = null; // [seconds, when] as the course's page last said
  const opened = now();
  const said = {};

  function now() {
    return window.performance.now() / 1000;
  }

  // The API may be in this window's parents, or in the window that opened one of them; windows of other origins are passed by.
  function findApi() {
    const starts = [() => window, () => window.opener, () => window.top.opener];
    for (const start of starts) {
      let place = attempt(start);
      for (let hops = 0; place && hops < 100; hops += 1) {
        const candidate = place;
        const found = attempt(() => candidate[NAMES.api]);
        if (found) {
          return found;
        }
        const above = attempt(() => candidate.parent);
        place = above === candidate ? null : above;
      }
    }
    return null;
  }

  function attempt(action) {
    try {
      return action();
    } catch (error) {
      return null;
    }
  }

  function call(name, ...values) {
    const answer = attempt(() => api[NAMES[name]](...values));
    return answer === null || answer === undefined ? "" : String(answer);
  }

  function get(key) {
    return call("get", key);
  }

  function set(key, value) {
    if (said[key] !== value && call("set", key, value) === "true") {
      said[key] = value;
    }
  }

  function show(text, { retry = false } = {}) {
    words.textContent = text;
    again.hidden = !retry;
    elsewhere.hidden = !retry;
    notice.hidden = !text;
  }

  async function start() {
    api = findApi();
    if (!api || call("initialize", "") !== "true") {
      show(settings.texts.no_system);
      return;
    }
    const id = get(NAMES.id);
    if (!id) {
      show(settings.texts.no_learner);
      finish();
      return;
    }
    const mode = ["browse", "review"].includes(get(NAMES.mode)) ? get(NAMES.mode) : "normal";
    counts = mode === "normal" && get(NAMES.credit) !== "no-credit";
    const hashed = Boolean(settings.salt);
    learner = {
      learner_id: hashed ? await hash(`${settings.salt}\n${id}`) : id,
      learner_name: hashed ? "" : get(NAMES.name),
      mode: counts ? "normal" : mode === "normal" ? "browse" : mode,
    };
    set(NAMES.exit, "suspend");
    if (counts) {
      tellStatus(null, null);
    }
    call("commit", "");
    open(frame.name);
    window.setInterval(keep, KEEP_MS);
  }

  function open(target) {
    const form = document.createElement("form");
    form.method = "post";
    form.action = settings.url;
    form.target = target;
    form.hidden = true;
    const fields = { token: settings.token, origin: window.location.origin, ...learner };
    for (const [name, value] of Object.entries(fields)) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
    form.remove();
    heard = false;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (!heard && !finished) {
        show(settings.texts.not_loaded, { retry: true });
      }
    }, PATIENCE_MS);
  }

  function receive(event) {
    const isOurs = event.source && (event.source === frame.contentWindow || event.source === popup);
    if (event.origin !== origin || !isOurs || finished || !event.data || typeof event.data !== "object") {
      return;
    }
    if (event.data.lrs_bridge === "dispatch.outcome") {
      heard = true;
      show("");
      tell(event.data);
    } else if (event.data.lrs_bridge === "dispatch.ended") {
      finish();
      show(settings.texts.ended);
      frame.hidden = true;
    }
  }

  function tell(outcome) {
    if (isNumber(outcome.seconds) && outcome.seconds >= 0) {
      measured = [outcome.seconds, now()];
    }
    if (typeof outcome.location === "string" && outcome.location) {
      set(NAMES.location, outcome.location.slice(0, LONGEST_LOCATION));
    }
    if (counts && tellStatus(outcome.completion, outcome.success) && outcome.score && typeof outcome.score === "object") {
      tellScore(outcome.score);
    }
    keep();
  }

  // Returns whether the status was one to tell: what the learning system has already is never made worse.
  function tellStatus(completion, success) {
    isDone = isDone || completion === true || success === true;
    if (is12) {
      const word = success === true ? "passed" : completion !== true ? "incomplete" : success === false ? "failed" : "completed";
      return tellWord("cmi.core.lesson_status", word);
    }
    const isTold = tellWord("cmi.completion_status", completion === true ? "completed" : "incomplete");
    if (success === true) {
      return tellWord("cmi.success_status", "passed");
    }
    return success === false && completion === true ? tellWord("cmi.success_status", "failed") : isTold;
  }

  function tellWord(key, word) {
    const known = said[key] || get(key);
    if ((RANKS[known] || 0) > RANKS[word]) {
      return false;
    }
    set(key, word);
    return true;
  }

  function tellScore(score) {
    const share = shareOf(score);
    if (is12) {
      if (share !== null) {
        tellNumber("min", 0);
        tellNumber("max", 100);
        tellNumber("raw", Math.min(Math.max(share, 0), 1) * 100);
      }
      return;
    }
    if (share !== null) {
      tellNumber("scaled", Math.min(Math.max(share, -1), 1));
    }
    for (const [name, value] of [["min", score.minimum], ["max", score.maximum], ["raw", score.raw]]) {
      if (isNumber(value)) {
        tellNumber(name, value);
      }
    }
  }

  function shareOf(score) {
    if (isNumber(score.scaled)) {
      return score.scaled;
    }
    const lowest = isNumber(score.minimum) ? score.minimum : 0;
    const isRange = isNumber(score.raw) && isNumber(score.maximum) && score.maximum > lowest;
    return isRange ? (score.raw - lowest) / (score.maximum - lowest) : null;
  }

  function tellNumber(name, value) {
    set(NAMES.score + name, String(Math.round(value * 10000) / 10000));
  }

  function isNumber(value) {
    return typeof value === "number" && Number.isFinite(value);
  }

  function keep() {
    if (api && learner && !finished) {
      set(NAMES.time, sessionTime());
      call("commit", "");
    }
  }

  function sessionTime() {
    const seconds = measured ? measured[0] + now() - measured[1] : now() - opened;
    const hundredths = Math.floor(seconds * 100);
    const [hours, minutes] = [Math.floor(hundredths / 360000), Math.floor(hundredths / 6000) % 60];
    const rest = ((hundredths % 6000) / 100).toFixed(2);
    return is12
      ? `${String(hours).padStart(4, "0")}:${String(minutes).padStart(2, "0")}:${rest.padStart(5, "0")}`
      : `PT${hours}H${minutes}M${rest}S`;
  }

  // Once and for all: an end, leaving the page, and going back to it may each come here.
  function finish() {
    if (!api || finished) {
      return;
    }
    set(NAMES.time, sessionTime());
    set(NAMES.exit, isDone ? (is12 ? "" : "normal") : "suspend");
    if (!is12) {
      set("adl.nav.request", isDone ? "exitAll" : "suspendAll");
    }
    call("commit", "");
    call("finish", "");
    finished = true;
  }

  async function hash(text) {
    const bytes = new TextEncoder().encode(text);
    const digest = window.crypto.subtle ? new Uint8Array(await window.crypto.subtle.digest("SHA-256", bytes)) : sha256(bytes);
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // FIPS 180-4 6.2: browsers give pages without https no digests.
  function sha256(bytes) {
    const { roots, cubes } = constants();
    const length = bytes.length * 8;
    const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) * 64);
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 8, Math.floor(length / 2 ** 32));
    view.setUint32(padded.length - 4, length >>> 0);
    const rotated = (word, count) => (word >>> count) | (word << (32 - count));
    const state = roots;
    for (let start = 0; start < padded.length; start += 64) {
      const w = new Uint32Array(64);
      for (let i = 0; i < 64; i += 1) {
        if (i < 16) {
          w[i] = view.getUint32(start + i * 4);
        } else {
          const s0 = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ (w[i - 15] >>> 3);
          const s1 = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ (w[i - 2] >>> 10);
          w[i] = w[i - 16] + s0 + w[i - 7] + s1;
        }
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i += 1) {
        const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
        const t1 = (h + s1 + ((e & f) ^ (~e & g)) + cubes[i] + w[i]) >>> 0;
        const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
        const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) >>> 0;
        [a, b, c, d, e, f, g, h] = [(t1 + t2) >>> 0, a, b, c, (d + t1) >>> 0, e, f, g];
      }
      [a, b, c, d, e, f, g, h].forEach((word, i) => {
        state[i] += word;
      });
    }
    const digest = new Uint8Array(32);
    state.forEach((word, i) => new DataView(digest.buffer).setUint32(i * 4, word));
    return digest;
  }

  // The first 32 bits of the fractions of the square roots of 8, and of the cube roots of 64, primes.
  function constants() {
    const primes = [];
    for (let candidate = 2; primes.length < 64; candidate += 1) {
      if (primes.every((prime) => candidate % prime !== 0)) {
        primes.push(candidate);
      }
    }
    const fraction = (value) => Math.floor((value - Math.floor(value)) * 2 ** 32);
    return {
      roots: Uint32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
      cubes: Uint32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
    };
  }

  window.addEventListener("message", receive);
  window.addEventListener("pagehide", finish);
  window.addEventListener("beforeunload", keep);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      keep();
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      window.location.reload(); // what came back from the browser's cache has said goodbye to the learning system
    }
  });
  again.addEventListener("click", () => {
    show("");
    open(frame.name);
  });
  elsewhere.addEventListener("click", () => {
    popup = window.open("about:blank", "lrs_bridge_course");
    if (popup) {
      show(settings.texts.elsewhere);
      open("lrs_bridge_course");
    }
  });
  start();
})();
