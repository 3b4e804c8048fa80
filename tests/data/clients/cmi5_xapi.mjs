// @xapi/cmi5, in node: an AU that knows its launch URL alone.
export function connect(library, { url }) {
  const Cmi5 = library.default ?? library;
  const told = Object.fromEntries(new URL(url).searchParams);
  return new Cmi5({ ...told, actor: JSON.parse(told.actor) });
}

const status = (promise) => promise.then(() => null, (error) => error.response?.status ?? String(error));

export async function pass(au) {
  await au.initialize();
  const answered = await status(au.interactionTrueFalse("test", "q1", true, true, { nb: "Er det trygt?" }));
  const progressed = await status(au.progress(50));
  const completed = await status(au.complete());
  const again = await status(au.complete());
  const passed = await status(au.pass({ scaled: 0.9, raw: 90, min: 0, max: 100 }));
  const terminated = await status(au.terminate());
  const late = await status(au.progress(60));
  return { launch: au.launchData, preferences: au.getLearnerPreferences(), answered, progressed, completed, again, passed, terminated, late };
}

export async function fail(au) {
  await au.initialize();
  return { failed: await status(au.fail({ scaled: 0.2 })), terminated: await status(au.terminate()) };
}
