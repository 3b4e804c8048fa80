// Talks with the application's page around the frame. Both sides name the other's origin exactly; nothing else is heard.
// Messages are {"lrs_bridge": <type>, …}.

const ANSWER_MS = 2000;
const TOKEN_MS = 15_000;

export class Bridge {
  /** @param {string} origin of the application */
  constructor(origin) {
    this.origin = origin;
    this.listeners = new Map();
    addEventListener("message", (event) => {
      if (event.origin !== origin || event.source !== window.parent) return;
      const type = event.data?.lrs_bridge;
      this.listeners.get(type)?.(event.data);
    });
  }

  /** @param {string} type @param {(message: object) => void} listener */
  on(type, listener) {
    this.listeners.set(type, listener);
  }

  /** @param {string} type @param {object} [content] */
  tell(type, content = {}) {
    if (window.parent !== window) window.parent.postMessage({ ...content, lrs_bridge: type }, this.origin);
  }

  /**
   * @param {string} type of the question
   * @param {string} answer type of the answer
   * @returns {Promise<object>}
   */
  ask(type, answer, ms = ANSWER_MS) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${answer}`)), ms);
      this.on(answer, (message) => {
        clearTimeout(timer);
        resolve(message);
      });
      this.tell(type);
    });
  }

  /**
   * Asks for a new play token.
   * @returns {Promise<string>} the path of the play page with it
   */
  async token() {
    const { play_token: token } = await this.ask("token", "token", TOKEN_MS);
    if (typeof token !== "string" || !/^[\w.~-]+$/.test(token)) throw new Error("no token");
    return `/play/${token}`;
  }
}
