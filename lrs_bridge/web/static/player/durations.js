// Durations as the two editions of SCORM write them. SCORM 1.2 RTE 3.4.2 (CMITimespan), SCORM 2004 RTE 4.1.1.7 (timeinterval, ISO 8601).
// A month counts as 30 days, a year as 365, as on the server (scorm/durations.py).

const DAY = 86_400;
const ISO = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const TIMESPAN = /^(\d{1,4}):(\d{1,2}):(\d{1,2}(?:\.\d+)?)$/;

/**
 * Seconds of a duration; 0 for what is none.
 * @param {string|undefined} text
 * @returns {number}
 */
export function secondsOf(text) {
  const clock = TIMESPAN.exec(text ?? "");
  if (clock) return Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
  const iso = ISO.exec(text ?? "");
  if (!iso) return 0;
  const [years, months, days, hours, minutes, seconds] = iso.slice(1).map((each) => Number(each ?? 0));
  return (years * 365 + months * 30 + days) * DAY + hours * 3600 + minutes * 60 + seconds;
}

/**
 * A duration as the edition writes it, to the hundredth of a second.
 * @param {"1.2"|"2004"} version
 * @param {number} seconds
 * @returns {string}
 */
export function durationOf(version, seconds) {
  const hundredths = Math.max(0, Math.round(seconds * 100));
  const hours = Math.floor(hundredths / 360_000);
  const minutes = Math.floor((hundredths % 360_000) / 6000);
  const rest = (hundredths % 6000) / 100;
  if (version === "2004") return `PT${hours}H${minutes}M${Number(rest.toFixed(2))}S`;
  const two = (number) => String(number).padStart(2, "0");
  return `${String(Math.min(hours, 9999)).padStart(4, "0")}:${two(minutes)}:${rest.toFixed(2).padStart(5, "0")}`;
}
