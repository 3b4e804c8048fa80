// What a SCO finds in its data model when it starts: what the server keeps of it, what the manifest says, and who is learning.
// SCORM 1.2 RTE 3.4, SCORM 2004 4th edition RTE 4.2.

import { secondsOf } from "./durations.js";

/**
 * @typedef {{identifier: string, title: string, kind: "sco"|"asset"|"cluster", href: string|null, is_visible?: boolean,
 *   launch_data?: string|null, max_time_allowed?: string|null, time_limit_action?: string|null, mastery_score?: number|null,
 *   prerequisite?: object|null, completed_by_measure?: boolean, completion_threshold?: number|null, progress_weight?: number,
 *   hidden_controls?: string[], shared_data?: {target: string, may_read: boolean, may_write: boolean}[],
 *   sequencing?: object|null, children?: Item[]}} Item
 */

/** Keys that differ in name between the two data models. */
export const NAMES = {
  1.2: {
    exit: "cmi.core.exit",
    total: "cmi.core.total_time",
    session: "cmi.core.session_time",
    location: "cmi.core.lesson_location",
    statuses: ["cmi.core.lesson_status"],
  },
  2004: {
    exit: "cmi.exit",
    total: "cmi.total_time",
    session: "cmi.session_time",
    location: "cmi.location",
    statuses: ["cmi.completion_status", "cmi.success_status"],
  },
};

/** What the specification asks an LMS to keep at least; content sends more, and it is kept. */
export const LIMITS = {
  1.2: { "cmi.suspend_data": 4096, "cmi.core.lesson_location": 255 },
  2004: { "cmi.suspend_data": 64_000, "cmi.location": 1000 },
};

const NOT_RESTORED = {
  1.2: new Set(["cmi.core.exit", "cmi.core.session_time", "cmi.core.total_time", "cmi.core.entry"]),
  2004: new Set(["cmi.exit", "cmi.session_time", "cmi.total_time", "cmi.entry", "adl.nav.request"]),
};

/**
 * Everything the runtime starts with, in the order in which it can be set.
 * @param {object} state the server's
 * @param {Item} item
 * @param {Object<string, string>} kept what the SCO has set so far
 * @param {"ab-initio"|"resume"|""} entry
 * @returns {[string, string][]}
 */
export function initialValues(state, item, kept, entry) {
  const own = state.version === "1.2" ? given12(state, item, entry) : given2004(state, item, entry);
  const restored = restorable(state.version, kept);
  const total = kept[NAMES[state.version].total];
  return [
    ...Object.entries(own).filter(([key, value]) => (value ?? "") !== "" || key.endsWith("entry")),
    ...(secondsOf(total) ? [[NAMES[state.version].total, total]] : []),
    ...restored,
  ].map(([key, value]) => [key, String(value)]);
}

function given12(state, item, entry) {
  return {
    "cmi.core.student_id": state.learner.id,
    "cmi.core.student_name": state.learner.name,
    "cmi.core.credit": state.credit,
    "cmi.core.lesson_mode": state.mode,
    "cmi.core.entry": entry,
    "cmi.launch_data": item.launch_data,
    "cmi.student_data.mastery_score": item.mastery_score,
    "cmi.student_data.max_time_allowed": item.max_time_allowed,
    "cmi.student_data.time_limit_action": item.time_limit_action,
  };
}

function given2004(state, item, entry) {
  const primary = item.sequencing?.primary_objective;
  return {
    "cmi.learner_id": state.learner.id,
    "cmi.learner_name": state.learner.name,
    "cmi.credit": state.credit,
    "cmi.mode": state.mode,
    "cmi.entry": entry,
    "cmi.launch_data": item.launch_data,
    "cmi.completion_threshold": completionThreshold(item, state.edition),
    "cmi.scaled_passing_score": primary?.satisfied_by_measure ? primary.min_normalized_measure : null,
    "cmi.max_time_allowed": item.max_time_allowed ?? item.sequencing?.limit_conditions?.attempt_absolute_duration_limit,
    "cmi.time_limit_action": item.time_limit_action,
  };
}

/**
 * The 4th edition has the threshold count only when the item says that it is completed by it (CAM 3.4.1.15); before, writing one said so.
 * @param {Item} item
 * @param {string|null} edition
 * @returns {number|null}
 */
export function completionThreshold(item, edition) {
  if (edition === "4th" && !item.completed_by_measure) return null;
  return item.completion_threshold ?? (item.completed_by_measure ? 1 : null);
}

/** What the SCO had set, without what belongs to a session. Entries of arrays come in order, their id and type first. */
function restorable(version, kept) {
  const without = NOT_RESTORED[version];
  const restored = Object.entries(kept).filter(([key, value]) => value !== "" && !without.has(key) && !key.endsWith("._count"));
  return restored.sort(([one], [other]) => inOrder(one, other));
}

const FIRST = ["id", "type"];

function inOrder(one, other) {
  const [a, b] = [one.split("."), other.split(".")];
  for (let place = 0; place < Math.min(a.length, b.length); place += 1) {
    if (a[place] === b[place]) continue;
    const [m, n] = [Number(a[place]), Number(b[place])];
    if (!Number.isNaN(m) && !Number.isNaN(n)) return m - n;
    return rank(a[place]) - rank(b[place]) || (a[place] < b[place] ? -1 : 1);
  }
  return a.length - b.length;
}

function rank(name) {
  const place = FIRST.indexOf(name);
  return place < 0 ? FIRST.length : place;
}

/**
 * How a SCO is entered (SCORM 1.2 RTE 3.4.4 cmi.core.entry, SCORM 2004 RTE 4.2.9).
 * @param {{version: "1.2"|"2004"}} state
 * @param {Object<string, string>} kept
 * @param {boolean} isOpen whether the last session with it was never terminated, or all was suspended
 * @returns {"ab-initio"|"resume"|""}
 */
export function entryOf(state, kept, isOpen) {
  if (isOpen || kept[NAMES[state.version].exit] === "suspend") return "resume";
  return Object.values(kept).some((value) => value !== "") ? "" : "ab-initio";
}

/**
 * The items of an organization, depth first, with their depth and parent.
 * @param {{items: Item[]}} organization
 * @returns {{item: Item, depth: number, parent: Item|null}[]}
 */
export function placesOf(organization) {
  const walk = (items, depth, parent) =>
    (items ?? []).flatMap((item) => [{ item, depth, parent }, ...walk(item.children, depth + 1, item)]);
  return walk(organization.items, 0, null);
}
