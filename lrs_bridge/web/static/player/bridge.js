// Talks with the application's page around the frame. Both sides name the other's origin exactly; nothing else is heard.
// Messages are {"lrs_bridge": <type>, …}.

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
   * Asks for a new play token.
   * @returns {Promise<string>} the path of the play page with it
   */
  token() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no token")), TOKEN_MS);
      this.on("token", ({ play_token: token }) => {
        clearTimeout(timer);
        if (typeof token === "string" && /^[\w.~-]+$/.test(token)) resolve(`/play/${token}`);
        else reject(new Error("no token"));
      });
      this.tell("token");
    });
  }
}
