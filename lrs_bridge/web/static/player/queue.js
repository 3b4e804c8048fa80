// The write-ahead queue: every commit is written here before it is sent, and removed when the server has it. What a sitting could not
// send (no network, a dead renderer) is sent by the next one. One database per content origin, so with an origin per attempt nothing of
// another attempt can be read; where one origin serves all, the attempt is part of the key. The application's page opens one too, and lends
// it to the frame where browsers keep nothing for frames of other sites.

const DATABASE = "lrs_bridge_player";
const COMMITS = "commits";
const COUNTERS = "counters";

/** @typedef {import("./wire.js").Commit} Commit */

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore(COMMITS, { keyPath: ["attempt", "session", "sequence"] });
      asked.result.createObjectStore(COUNTERS, { keyPath: ["attempt", "session"] });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  });
}

/**
 * @template T
 * @param {IDBRequest<T>} asked
 * @returns {Promise<T>}
 */
function answered(asked) {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

/**
 * Opens the queue of an attempt. Where the browser keeps nothing for frames of other sites, the page around keeps it; where that can't
 * either, it lives as long as the page.
 * @param {string} attempt
 * @param {import("./bridge.js").Bridge} [bridge]
 * @returns {Promise<Queue|FarQueue>}
 */
export async function openQueue(attempt, bridge) {
  try {
    return new Queue(attempt, await open());
  } catch {
    return bridge ? new FarQueue(bridge) : new Queue(attempt, null);
  }
}

/** The queue in the keeping of the application's page (shell.js): what is set in the very last moment of a page may not get there. */
class FarQueue {
  /** @param {import("./bridge.js").Bridge} bridge */
  constructor(bridge) {
    this.bridge = bridge;
    this.kept = null;
  }

  put(commit) {
    this.bridge.tell("keep", { commit });
  }

  remove({ session, sequence }) {
    this.bridge.tell("drop", { session, sequence });
  }

  async all() {
    this.kept ??= this.bridge.ask("kept", "kept").catch(() => ({}));
    return (await this.kept).commits ?? [];
  }

  async last(session) {
    this.kept ??= this.bridge.ask("kept", "kept").catch(() => ({}));
    const { last = 0, session: of } = await this.kept;
    return of === session ? last : 0;
  }
}

export class Queue {
  /**
   * @param {string} attempt
   * @param {IDBDatabase|null} database
   */
  constructor(attempt, database) {
    this.attempt = attempt;
    this.database = database;
  }

  /**
   * Writes a commit, over an earlier version of it. Returns at once; the explicit commit() hands everything to the browser's own
   * process within this turn, so that it survives the death of the renderer and the end of the page.
   * @param {Commit} commit
   */
  put(commit) {
    this.#write((transaction) => {
      const { session, sequence } = commit;
      transaction.objectStore(COMMITS).put({ attempt: this.attempt, session, sequence, commit });
      transaction.objectStore(COUNTERS).put({ attempt: this.attempt, session, sequence });
    });
  }

  /** @param {Commit} commit that the server has */
  remove({ session, sequence }) {
    this.#write((transaction) => transaction.objectStore(COMMITS).delete([this.attempt, session, sequence]));
  }

  /** @param {(transaction: IDBTransaction) => void} work */
  #write(work) {
    if (!this.database) return;
    try {
      const transaction = this.database.transaction([COMMITS, COUNTERS], "readwrite");
      work(transaction);
      transaction.commit();
    } catch {
      this.database = null; // content cleared it, or the disk is full: memory has to do
    }
  }

  /** @returns {Promise<Commit[]>} what has not reached the server, oldest first */
  async all() {
    const records = await this.#read(COMMITS, (store) => store.getAll(this.#range()));
    return records.map((record) => record.commit);
  }

  /**
   * @param {number} session
   * @returns {Promise<number>} the highest sequence number that this browser has used in the session, 0 for none
   */
  async last(session) {
    const records = await this.#read(COUNTERS, (store) => store.getAll(IDBKeyRange.only([this.attempt, session])));
    return records[0]?.sequence ?? 0;
  }

  async #read(name, ask) {
    if (!this.database) return [];
    try {
      return await answered(ask(this.database.transaction(name, "readonly").objectStore(name)));
    } catch {
      return [];
    }
  }

  #range() {
    return IDBKeyRange.bound([this.attempt], [this.attempt, []]); // an array sorts after every number
  }
}
