// A SCORM 2004 course: where the learner is, where he may go, what has come of it. The rules are the sequencing engine's (engine.js); what
// is decided here is what the specification leaves to an LMS: how a sitting begins, what of the table of contents is shown, and that a
// window that was closed is a suspension (SCORM 2004 4th edition SN 4.2 and 5.6).

import { Engine, Rehearsal } from "./engine.js";
import { placesOf } from "./model.js";
import { activityTree } from "./sequencing.js";

/**
 * @typedef {{item: string|null, isFresh: boolean, ended: string|null, refused: string|null}} Step where a navigation led: to an item (fresh
 *   if a new attempt on it begins after an earlier one), to the end, or nowhere
 * @typedef {{id: string, title: string, depth: number, status: string, success: string, isCurrent: boolean, isAllowed: boolean,
 *   isLaunchable: boolean}} Row
 * @typedef {Object<string, {isShown: boolean, isAllowed: boolean}>} Controls continue, previous, exit
 * @typedef {{completion: string, success: string, score: number|null, progress: number|null}} Result score and progress: 0 to 1
 */

/** With more items than this, what is open is found without playing each choice to its end. */
const MOST_TRIED = 60;
/** Parts of the data model that hold what the LMS tells an item. */
const TOLD = ["session", "content", "settings", "thresholds", "learner_preference"];
const LEAVING = { suspendAll: "suspended", exitAll: "exited", abandonAll: "abandoned" };

export class Course2004 {
  /**
   * @param {object} state the server's
   * @param {Function} Api scorm-again's Scorm2004API
   */
  constructor(state, Api) {
    this.places = placesOf(state.organization);
    this.leaves = this.places.filter(({ item }) => item.href);
    this.items = new Map(this.places.map(({ item }) => [item.identifier, item]));
    const make = () => new Engine(Api, activityTree(state.organization, state.edition));
    this.engine = make();
    this.blank = Object.fromEntries(TOLD.map((part) => [part, fieldsOf(this.engine.api.cmi[part])]));
    this.rehearsal = new Rehearsal(this.engine, make);
    this.saved = state.sequencing?.engine ?? null;
    this.engine.restoreObjectives(state.globals?.objectives);
    this.engine.api.restoreSharedDataSnapshot(state.globals?.shared ?? {});
    this.globals = state.globals;
  }

  /** The runtime for a new visit: its data model is empty but for what the activity gives it. */
  freshApi() {
    const { api } = this.engine;
    api.reset(); // which leaves to the next item what the last was told: its passing score, its time, its comments
    for (const part of TOLD) Object.assign(api.cmi[part], this.blank[part]);
    for (const list of [api.cmi.comments_from_learner, api.cmi.comments_from_lms]) list.reset(true);
    return api;
  }

  /** @returns {Step} where this sitting begins */
  begin() {
    if (this.saved) this.engine.restore(this.saved, this.globals?.objectives);
    this.#suspendWhatWasOpen();
    if (this.engine.suspended) return this.#step("resumeAll");
    if (this.engine.current) return this.#onwards();
    const step = this.#step("start");
    return step.item || step.ended ? step : this.#first();
  }

  /** A window was closed, or died, in the middle of an activity: the same as if the learner had suspended all. */
  #suspendWhatWasOpen() {
    const { tree } = this.engine;
    const open = tree.currentActivity;
    if (!open?.isActive || open.children.length) return;
    for (let activity = open; activity; activity = activity.parent) Object.assign(activity, { _isActive: false, _isSuspended: true });
    tree._suspendedActivity = open;
    tree._currentActivity = null;
  }

  /** The last activity had ended by itself when the window was closed. */
  #onwards() {
    this.rehearsal.look();
    if (this.rehearsal.try("continue").delivered) return this.#step("continue");
    return this.leaves.length === 1 ? this.#first() : nowhere(null);
  }

  /** Where nothing flows, an LMS has to choose for the learner (SN 5.6: the table of contents is there for the rest). */
  #first() {
    this.rehearsal.look();
    const open = this.leaves.find(({ item }) => this.rehearsal.try("choice", item.identifier).delivered);
    return open ? this.#step("choice", open.item.identifier) : nowhere(null);
  }

  /**
   * Leaves the current activity and goes where the request leads.
   * @param {string} request
   * @param {string} [target]
   * @param {string} [exit] cmi.exit
   * @returns {Step}
   */
  navigate(request, target, exit) {
    return this.#step(request, target, exit);
  }

  #step(request, target, exit) {
    const before = new Map([...this.engine.activities].map(([id, each]) => [id, each.attemptCount]));
    const { delivered, ended, exception } = this.engine.request(request, target, exit);
    if (ended) return { ...nowhere(null), ended: LEAVING[request] ?? "finished" };
    if (!delivered) return nowhere(exception);
    const isFresh = this.leaves.length > 1 && before.get(delivered) > 0 && this.engine.activities.get(delivered).attemptCount > before.get(delivered);
    return { item: delivered, isFresh, ended: null, refused: null };
  }

  /** @returns {boolean} whether the request would lead somewhere now, with what the SCO has set so far */
  allows(request, target) {
    this.rehearsal.look();
    return leads(this.rehearsal.try(request, target, this.#exit()));
  }

  #exit() {
    return this.engine.api.cmi.getExitValueInternal();
  }

  /** @returns {Result} what there would be if the learner left now */
  result() {
    this.rehearsal.look();
    return this.#result(this.#asIfLeft().activities);
  }

  /** @returns {{rows: Row[], controls: Controls, result: Result}} */
  outlook() {
    this.rehearsal.look();
    const engine = this.#asIfLeft();
    const result = this.#result(engine.activities);
    const states = new Map([...engine.activities].map(([id, each]) => [id, statusOf(each)]));
    const hidden = hiddenFromChoice(engine);
    return { rows: this.#rows(states, hidden), controls: this.#controls(), result };
  }

  /** @returns {Engine} one in the state that there would be if the learner left now */
  #asIfLeft() {
    if (!this.engine.tree.currentActivity?.isActive) return this.engine;
    this.rehearsal.try("suspendAll", undefined, this.#exit());
    this.rehearsal.stage.process.synchronizeGlobalObjectives(); // what the others read of it
    return this.rehearsal.stage;
  }

  #rows(states, hidden) {
    const current = this.engine.current;
    const hiddenAbove = (place) => this.places.filter(({ item }) => !(item.is_visible ?? true) && contains(item, place.item)).length;
    const shown = this.places.filter(({ item }) => (item.is_visible ?? true) && (!hidden.has(item.identifier) || item.identifier === current));
    const open = this.#open(shown.map(({ item }) => item.identifier).filter((id) => id !== current));
    return shown.map((place) => ({
      id: place.item.identifier,
      title: place.item.title,
      depth: place.depth - hiddenAbove(place),
      ...states.get(place.item.identifier),
      isCurrent: place.item.identifier === current,
      isAllowed: open.has(place.item.identifier),
      isLaunchable: Boolean(place.item.href),
    }));
  }

  #open(ids) {
    if (ids.length > MOST_TRIED) return new Set(this.rehearsal.open(ids, this.#exit()));
    return new Set(ids.filter((id) => this.rehearsal.try("choice", id, this.#exit()).delivered));
  }

  #controls() {
    const current = this.engine.tree.currentActivity;
    const hidden = new Set(this.engine.process.getEffectiveHideLmsUi(current));
    const flows = this.leaves.length > 1 && Boolean(current?.parent?.sequencingControls.flow);
    const may = (request) => this.rehearsal.try(request, undefined, this.#exit());
    const onwards = flows ? may("continue") : null;
    return {
      continue: {
        isShown: flows && !hidden.has("continue"),
        isAllowed: Boolean(onwards && leads(onwards)),
      },
      previous: { isShown: flows && !hidden.has("previous"), isAllowed: flows && Boolean(may("previous").delivered) },
      exit: { isShown: true, isAllowed: true, request: hidden.has("suspendAll") && !hidden.has("exitAll") ? "exitAll" : "suspendAll" },
    };
  }

  /** @returns {Result} */
  #result(activities) {
    const root = activities.get(this.engine.tree.root.id);
    const { status, success } = statusOf(root);
    const done = this.leaves.filter(({ item }) => statusOf(activities.get(item.identifier)).status === "completed").length;
    return {
      completion: status,
      success,
      score: root.objectiveMeasureStatus ? root.objectiveNormalizedMeasure : null,
      progress: root.attemptCompletionAmountStatus ? root.attemptCompletionAmount : done / Math.max(this.leaves.length, 1),
    };
  }

  /** @returns {{sequencing: object, globals: object}} for the server to keep */
  snapshot() {
    return {
      sequencing: { engine: this.engine.save() },
      globals: { objectives: this.engine.saveObjectives(), shared: this.engine.api.captureSharedDataSnapshot() },
    };
  }
}

/** To an item, or to the end that a rule asks for; walking off the last page is no end, and would make the next sitting a new attempt. */
function leads({ delivered, ended }) {
  return Boolean(delivered) || (ended !== null && ended !== "end_of_content");
}

const fieldsOf = (object) => Object.fromEntries(Object.entries(object).filter(([name, value]) => name.startsWith("_") && typeof value === "string"));

function nowhere(refused) {
  return { item: null, isFresh: false, ended: null, refused };
}

/** @returns {Set<string>} what is hidden from choice, with all that is in it (SB.2.9 steps 3 and 4) */
function hiddenFromChoice(engine) {
  const hidden = new Set();
  for (const each of engine.activities.values()) {
    if (hidden.has(each.parent?.id) || isHiddenFromChoice(engine, each)) hidden.add(each.id);
  }
  return hidden;
}

function isHiddenFromChoice(engine, activity) {
  if (activity.isHiddenFromChoice) return true;
  const { sequencingProcess } = engine.process;
  const seen = sequencingProcess.getTraversalService().getActivityForEvaluation(activity);
  const rules = activity.sequencingRules.preConditionRules.filter((rule) => rule.action === "hiddenFromChoice");
  return sequencingProcess.getRuleEngine().checkSequencingRules(seen, rules) === "hiddenFromChoice";
}

function contains(item, wanted) {
  return (item.children ?? []).some((child) => child === wanted || contains(child, wanted));
}

function statusOf(activity) {
  const known = activity.objectiveSatisfiedStatusKnown;
  return {
    status: activity.completionStatus === "completed" ? "completed" : activity.attemptCount ? "incomplete" : "not attempted",
    success: known ? (activity.objectiveSatisfiedStatus ? "passed" : "failed") : "unknown",
  };
}
