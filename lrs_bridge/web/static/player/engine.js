// scorm-again's sequencing engine (3.4.3, pinned), held so that the player decides when it acts, and so that its whole state can be kept.
//
// Four things of it are not relied on. Its Terminate navigates by itself, in the middle of content's last call: here a navigation is a call
// of its own. Its serialised state leaves things out (attempt progress, which objectives are known): here every plain field of every
// activity is kept, as far as it differs from a tree that nobody has touched. Its predictions of what is allowed look at the next rule
// only: here a request is tried on a second engine with the same state, and what happens is the answer. What it gets wrong is put right in repairs.js.

import { repair } from "./repairs.js";

const POINTERS = ["currentActivity", "suspendedActivity"];
const CONTROL_FIELDS = ["selectionCountStatus", "reorderChildren"];
const NOT_STATE = /^(_id|_title|_cmi_element|_initialized|_isVisible|jsonString)$/;
const isPlain = (value) => value === null || ["boolean", "number", "string"].includes(typeof value);

/** @typedef {{delivered: string|null, ended: string|null, exception: string|null}} Outcome */

export class Engine {
  /**
   * @param {typeof import("../vendor/scorm-again/3.4.3/scorm2004.min.js").Scorm2004API} Api
   * @param {object} tree the engine's settings of the activities
   */
  constructor(Api, tree) {
    this.api = new Api({
      sequencing: { activityTree: tree, logLevel: "error", eventListeners: { onSequencingSessionEnd: (told) => this.#over(told) } },
      logLevel: 5,
      onLogMessage: () => {}, // what content did stands in the calls
    });
    this.service = this.api.getSequencingService();
    this.process = this.service.getOverallSequencingProcess();
    this.process.navigationValidityService.updateNavigationValidity = () => {}; // every choice, after every step: nobody asks it
    this.tree = this.api.adl.sequencing.activityTree;
    this.activities = new Map(this.#walk(this.tree.root).map((each) => [each.id, each]));
    this.isOpen = repair(this);
    this.ended = null;
    this.untouched = this.#fields();
  }

  #walk(activity) {
    return [activity, ...activity.children.flatMap((child) => this.#walk(child))];
  }

  #over({ reason }) {
    this.ended = reason;
  }

  /** @returns {string|null} the activity that is being experienced, or at which the last one left the learner */
  get current() {
    return this.tree.currentActivity?.id ?? null;
  }

  get suspended() {
    return this.tree.suspendedActivity?.id ?? null;
  }

  /**
   * Asks for a navigation (SN OP.1). If the current activity is active, its attempt ends, with what its SCO has set.
   * @param {string} request start, resumeAll, continue, previous, choice, jump, exit, exitAll, abandon, abandonAll, suspendAll
   * @param {string} [target] for choice and jump
   * @param {string} [exit] cmi.exit of the SCO
   * @returns {Outcome}
   */
  request(request, target, exit) {
    this.ended = null;
    const before = this.tree.currentActivity;
    try {
      const { valid, targetActivity, exception } = this.process.processNavigationRequest(request, target ?? null, exit || "");
      this.#endWithRoot(before);
      return { delivered: (valid && targetActivity?.id) || null, ended: this.ended, exception };
    } catch (error) {
      return { delivered: null, ended: this.ended, exception: String(error) };
    }
  }

  /** SB.2.11: where the root has been left, by a rule of what is in it, the session is over; the engine forgets to say so. */
  #endWithRoot(before) {
    const { root, currentActivity: current } = this.tree;
    if (this.ended || current !== root || before === root || root.isActive || root.isSuspended || !root.children.length) return;
    this.tree._currentActivity = null;
    this.ended = "exit";
  }

  // ---- state

  /** @returns {object} what the state is, as far as it is not that of an untouched tree: JSON */
  save() {
    const fields = this.#fields();
    const activities = {};
    for (const [id, now] of Object.entries(fields)) {
      const changed = difference(this.untouched[id], now);
      if (changed) activities[id] = changed;
    }
    const pointers = Object.fromEntries(POINTERS.map((name) => [name, this.tree[name]?.id ?? null]));
    return { ...pointers, delivered: this.process.hasContentBeenDelivered(), activities };
  }

  /** @returns {object} the shared objectives: JSON */
  saveObjectives() {
    return this.process.getGlobalObjectiveMapSnapshot();
  }

  /**
   * @param {object} saved by save(), of this tree
   * @param {object|null} objectives by saveObjectives()
   */
  restore(saved, objectives) {
    for (const [id, activity] of this.activities) {
      this.#write(activity, merged(this.untouched[id], saved.activities[id]));
    }
    for (const name of POINTERS) this.tree[`_${name}`] = this.activities.get(saved[name]) ?? null;
    this.process.setContentDelivered(saved.delivered);
    this.restoreObjectives(objectives);
    this.process.invalidateNavigationCache();
  }

  restoreObjectives(objectives) {
    for (const [id, each] of Object.entries(objectives ?? {})) this.process.getGlobalObjectiveMap().set(id, { ...each });
  }

  #fields() {
    return Object.fromEntries([...this.activities].map(([id, activity]) => [id, read(activity)]));
  }

  #write(activity, fields) {
    Object.assign(activity, fields.own);
    Object.assign(activity.sequencingControls, fields.controls);
    for (const objective of objectivesOf(activity)) Object.assign(objective, fields.objectives[objective.id]);
    for (const list of ["_children", "_processedChildren"]) {
      const ids = fields.lists[list];
      if (ids === null) activity[list] = null;
      else activity[list] = ids.map((id) => this.activities.get(id));
    }
  }
}

function objectivesOf(activity) {
  return [activity.primaryObjective, ...activity.objectives].filter(Boolean);
}

function plainFields(object) {
  return Object.fromEntries(Object.entries(object).filter(([name, value]) => name.startsWith("_") && !NOT_STATE.test(name) && isPlain(value)));
}

function read(activity) {
  const { _parent, _primaryObjective, _processedChildren, ...own } = plainFields(activity);
  return {
    own,
    controls: Object.fromEntries(CONTROL_FIELDS.map((name) => [`_${name}`, activity.sequencingControls[name]])),
    objectives: Object.fromEntries(objectivesOf(activity).map((each) => [each.id, plainFields(each)])),
    lists: {
      _children: activity._children.map((child) => child.id),
      _processedChildren: activity._processedChildren?.map((child) => child.id) ?? null,
    },
  };
}

/** The parts of ``now`` that differ, level by level; undefined if none does. */
function difference(before, now) {
  if (before === null || now === null || typeof now !== "object" || Array.isArray(now)) {
    return JSON.stringify(before) === JSON.stringify(now) ? undefined : now;
  }
  const parts = Object.keys(now)
    .map((name) => [name, difference(before?.[name], now[name])])
    .filter(([, part]) => part !== undefined);
  return parts.length ? Object.fromEntries(parts) : undefined;
}

function merged(before, changed) {
  if (changed === undefined) return before;
  if (changed === null || typeof changed !== "object" || Array.isArray(changed)) return changed;
  return { ...before, ...Object.fromEntries(Object.entries(changed).map(([name, part]) => [name, merged(before?.[name], part)])) };
}

/**
 * A second engine, on which requests are tried without consequence.
 */
export class Rehearsal {
  /** @param {Engine} engine @param {() => Engine} make one like it */
  constructor(engine, make) {
    this.engine = engine;
    this.stage = make();
    this.stage.api.cmi.initialize(); // "content runs": what it has set is taken into account
    this.stage.service.getCMIDataForTransfer = () => (engine.api.cmi.initialized ? engine.service.getCMIDataForTransfer() : null);
  }

  /** Takes over the engine's state. */
  look() {
    this.saved = this.engine.save();
    this.objectives = this.engine.saveObjectives();
  }

  /**
   * Which of many activities could be chosen: the current attempt is ended once for all, so that a long table of contents is quick.
   * @returns {string[]}
   */
  open(ids, exit) {
    this.stage.process.getGlobalObjectiveMap().clear();
    this.stage.restore(this.saved, this.objectives);
    if (ids.length) this.stage.process.prepareNavigationRequest("choice", ids[0], exit || "");
    return ids.filter((id) => this.stage.isOpen(id));
  }

  /**
   * What would happen now.
   * @returns {Outcome}
   */
  try(request, target, exit) {
    this.stage.process.getGlobalObjectiveMap().clear();
    this.stage.restore(this.saved, this.objectives);
    return this.stage.request(request, target, exit);
  }
}
