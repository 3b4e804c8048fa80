// A SCORM 1.2 course: a menu. Items may have prerequisites (SCORM 1.2 CAM 2.3.2.5.2), which the server has read into conditions; an item whose
// script nobody understood is open. Nothing else is sequenced.

import { placesOf } from "./model.js";

const DONE = new Set(["passed", "completed"]);
/** @typedef {import("./course2004.js").Step} Step */

export class Course12 {
  /**
   * @param {object} state the server's; what the SCOs set is read from it as it grows
   * @param {Function} Api scorm-again's Scorm12API
   */
  constructor(state, Api) {
    this.state = state;
    this.Api = Api;
    this.places = placesOf(state.organization);
    this.leaves = this.places.filter(({ item }) => item.href);
    this.items = new Map(this.places.map(({ item }) => [item.identifier, item]));
    this.seen = new Set(state.sequencing?.seen ?? []);
    this.current = null;
  }

  freshApi() {
    return new this.Api({ logLevel: 5, onLogMessage: () => {} });
  }

  /** @returns {Step} */
  begin() {
    const before = this.leaves.find(({ item }) => item.identifier === this.state.current);
    const open = this.leaves.filter(({ item }) => this.#isOpen(item));
    const next = open.find(({ item }) => !DONE.has(this.#status(item)));
    return this.#to((before ?? next ?? open[0] ?? this.leaves[0])?.item);
  }

  /** @returns {Step} */
  navigate(request, target) {
    if (request === "choice") return this.#to(this.#choosable(this.items.get(target)));
    if (request === "continue" || request === "previous") return this.#to(this.#beside(request === "continue" ? 1 : -1));
    if (request === "exit") return this.#to(this.state.auto_next ? this.#beside(1) : null);
    return { item: null, isFresh: false, ended: request === "exitAll" ? "exited" : "suspended", refused: null };
  }

  #to(item) {
    if (!item) return { item: null, isFresh: false, ended: null, refused: "not open" };
    this.current = item.identifier;
    if (item.kind !== "sco") this.seen.add(item.identifier);
    return { item: item.identifier, isFresh: false, ended: null, refused: null };
  }

  #choosable(item) {
    if (!item || !this.#isOpen(item)) return null;
    if (item.href) return item;
    return this.leaves.find((place) => below(item, place.item) && this.#isOpen(place.item))?.item ?? null;
  }

  #beside(step) {
    const open = this.leaves.filter(({ item }) => item.identifier === this.current || this.#isOpen(item));
    return open[open.findIndex(({ item }) => item.identifier === this.current) + step]?.item ?? null;
  }

  allows(request, target) {
    if (request === "choice") return Boolean(this.#choosable(this.items.get(target)));
    return Boolean(this.#beside(request === "continue" ? 1 : -1));
  }

  // ---- what has been done

  /** An item is open when its prerequisite, and those of what it stands in, are met. */
  #isOpen(item) {
    const parent = this.places.find((place) => place.item === item)?.parent;
    return this.#holds(item.prerequisite) && (!parent || this.#isOpen(parent));
  }

  #holds(condition) {
    if (!condition) return true;
    const holding = () => (condition.parts ?? []).filter((part) => this.#holds(part)).length;
    switch (condition.operator) {
      case "and":
        return holding() === condition.parts.length;
      case "or":
        return holding() > 0;
      case "not":
        return holding() === 0;
      case "at_least":
        return holding() >= condition.count;
      case "status":
        return this.#is(this.items.get(condition.item), condition.status);
      default:
        return true;
    }
  }

  /** Status words may be abbreviated to their first letter (AICC CMI001 5.3.3). */
  #is(item, wanted) {
    if (!item) return true; // nothing that could ever be done
    const status = this.#status(item);
    return wanted ? status[0] === wanted.trim().toLowerCase()[0] : DONE.has(status);
  }

  #status(item) {
    if (item.children?.length && !item.href) return together(item.children.map((child) => this.#status(child)));
    if (item.kind !== "sco") return this.seen.has(item.identifier) ? "completed" : "not attempted";
    return this.state.scos[item.identifier]?.cmi["cmi.core.lesson_status"] || "not attempted";
  }

  /** @returns {{rows: import("./course2004.js").Row[], controls: import("./course2004.js").Controls, result: object}} */
  outlook() {
    const hiddenAbove = (place) => this.places.filter(({ item }) => !(item.is_visible ?? true) && below(item, place.item)).length;
    const rows = this.places
      .filter(({ item }) => item.is_visible ?? true)
      .map((place) => this.#row(place.item, place.depth - hiddenAbove(place)));
    const isShown = this.leaves.length > 1;
    return {
      rows,
      controls: {
        continue: { isShown, isAllowed: this.allows("continue") },
        previous: { isShown, isAllowed: this.allows("previous") },
        exit: { isShown: true, isAllowed: true, request: "suspendAll" },
      },
      result: this.result(),
    };
  }

  #row(item, depth) {
    const isCurrent = item.identifier === this.current;
    const status = this.#status(item);
    return {
      id: item.identifier,
      title: item.title,
      depth,
      status: worded(status),
      success: ["passed", "failed"].includes(status) ? status : "unknown",
      isCurrent,
      isAllowed: !isCurrent && Boolean(this.#choosable(item)),
      isLaunchable: Boolean(item.href),
    };
  }

  result() {
    const statuses = this.leaves.map(({ item }) => this.#status(item));
    const all = together(statuses);
    const done = statuses.filter((status) => DONE.has(status)).length;
    const scores = this.leaves
      .map(({ item }) => Number.parseFloat(this.state.scos[item.identifier]?.cmi["cmi.core.score.raw"]))
      .filter((score) => !Number.isNaN(score));
    return {
      completion: all === "failed" ? "incomplete" : worded(all),
      success: ["passed", "failed"].includes(all) ? all : "unknown",
      score: scores.length ? scores.reduce((sum, each) => sum + each, 0) / scores.length / 100 : null,
      progress: done / Math.max(this.leaves.length, 1),
    };
  }

  snapshot() {
    return { sequencing: { seen: [...this.seen] }, globals: null };
  }
}

function below(item, wanted) {
  return (item.children ?? []).some((child) => child === wanted || below(child, wanted));
}

/** Of the words of lesson_status, the part that says how far it went: "failed" was gone through, "browsed" was only looked at. */
function worded(status) {
  if (DONE.has(status) || status === "failed") return "completed";
  return status === "not attempted" ? status : "incomplete";
}

/** The status of what consists of these: passed if some is and all are done. */
function together(statuses) {
  if (statuses.length && statuses.every((status) => DONE.has(status))) return statuses.includes("passed") ? "passed" : "completed";
  if (statuses.includes("failed")) return "failed";
  return statuses.some((status) => status !== "not attempted") ? "incomplete" : "not attempted";
}
