// @rusticisoftware/cmi5, in node: an AU that knows its launch URL alone.
globalThis.self = globalThis; // it was built for browsers

export function connect(library, { url }) {
  return new (library.default ?? library)(url);
}

const status = (promise) => promise.then(() => null, (error) => String(error));

export async function pass(au) {
  await au.start();
  const answered = await status(au.sendStatement(au.prepareStatement("http://adlnet.gov/expapi/verbs/answered")));
  const progressed = await status(au.sendStatement(au.prepareStatement("http://adlnet.gov/expapi/verbs/progressed")));
  const completed = await status(au.sendStatement(au.completedStatement()));
  const again = await status(au.sendStatement(au.completedStatement()));
  const passed = await status(au.passed({ scaled: 0.9, raw: 90, min: 0, max: 100 }));
  const terminated = await status(au.terminate());
  const late = await status(au.sendStatement(au.prepareStatement("http://adlnet.gov/expapi/verbs/progressed")));
  const launch = { launchMode: au.getLaunchMode(), moveOn: au.getMoveOn(), masteryScore: au.getMasteryScore(), returnURL: au.getReturnURL() };
  return { launch, preferences: au.getLearnerPreferences?.() ?? {}, answered, progressed, completed, again, passed, terminated, late };
}

export async function fail(au) {
  await au.start();
  return { failed: await status(au.failed({ scaled: 0.2 })), terminated: await status(au.terminate()) };
}
