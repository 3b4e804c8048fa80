// Where the content stands: an iframe of its own for each item, so that the browser's history has none of our steps in it.

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Stage {
  /** @param {HTMLElement} holder */
  constructor(holder) {
    this.holder = holder;
    this.frame = null;
  }

  /** @param {string} url @param {string} title */
  show(url, title) {
    this.frame?.remove();
    this.frame = document.createElement("iframe");
    this.frame.title = title;
    this.frame.allow = "autoplay; fullscreen; clipboard-write; encrypted-media; picture-in-picture; unload";
    this.frame.src = url;
    this.holder.replaceChildren(this.frame);
    this.frame.focus();
  }

  /** @returns {Document|null} what is shown now; null if nothing, or if it is on another origin */
  document() {
    try {
      return this.frame?.contentDocument ?? null;
    } catch {
      return null;
    }
  }

  /**
   * Takes the content away, with all the events that a page gets at its end: it may still call the API in them.
   * @param {number} [ms] how long it may take
   */
  async clear(ms = 1500) {
    const { frame } = this;
    if (!frame) return;
    const gone = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
    try {
      frame.contentWindow.location.replace("about:blank");
      await Promise.race([gone, pause(ms)]);
    } finally {
      frame.remove();
      if (this.frame === frame) this.frame = null;
    }
  }
}
