// Runs one step of one client under node: CLIENT_TEST holds what to do, standard output what the client found.
import { createRequire } from "node:module";

const wanted = JSON.parse(process.env.CLIENT_TEST);
const require = createRequire(`${wanted.modules}/`);

function fail(error) {
  const answer = error.response ? `\n${error.response.status} ${JSON.stringify(error.response.data)}` : "";
  process.stderr.write(`${error.stack ?? error}${answer}`, () => process.exit(1));
}

process.on("uncaughtException", fail); // clients call back from within their own requests
setTimeout(() => fail(new Error("no answer after 30 seconds")), 30_000);
try {
  const driver = await import(`./${wanted.driver}.mjs`);
  const lrs = driver.connect(require(wanted.package), wanted);
  const found = await driver[wanted.step](lrs, wanted);
  process.stdout.write(JSON.stringify(found), () => process.exit(0));
} catch (error) {
  fail(error);
}
