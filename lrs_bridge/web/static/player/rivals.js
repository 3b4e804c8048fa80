// One sitting of an attempt at a time in a browser: a newly opened one asks the other to hand in what it has, and to stop.
// Between browsers, it is the server that tells (409 superseded).

const ANSWER_MS = 100;
const PATIENCE_MS = 700;

/**
 * Asks other windows to stop. Takes as long as they need, 700 ms at most; a tenth of a second when there are none.
 * @param {string} attempt
 * @param {number} session of the newly opened sitting
 * @param {() => Promise<void>} yieldToNewer hands in everything and stops
 */
export async function takeOver(attempt, session, yieldToNewer) {
  const channel = new BroadcastChannel(`lrs_bridge:${attempt}`);
  const own = crypto.randomUUID();
  await new Promise((resolve) => {
    const begun = Date.now();
    let timer = setTimeout(resolve, ANSWER_MS);
    channel.onmessage = ({ data }) => {
      if (data.to !== own) return;
      clearTimeout(timer);
      if (data.type === "done") resolve();
      else timer = setTimeout(resolve, PATIENCE_MS - (Date.now() - begun));
    };
    channel.postMessage({ type: "stop", from: own, session });
  });
  channel.onmessage = async ({ data }) => {
    if (data.type !== "stop" || data.session < session) return;
    channel.postMessage({ type: "wait", to: data.from });
    await yieldToNewer();
    channel.postMessage({ type: "done", to: data.from });
    channel.close();
  };
}
