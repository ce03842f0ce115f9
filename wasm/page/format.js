// How times and durations are written on the page.

// clock writes an instant of the run: 12.345678 s as "12.345".
export function clock(us) {
  const s = us / 1e6;
  if (s < 60) return s.toFixed(3);
  const minutes = Math.floor(s / 60);
  return `${minutes}:${(s - 60 * minutes).toFixed(3).padStart(6, "0")}`;
}

// instant writes an instant with its unit.
export const instant = (us) => `${clock(us)} s`;

const day = 86_400_000_000n; // µs

// when writes an instant of a run, or of logs as their clocks had it: 05:04:17.645.
export function when(lesson, us) {
  if (!lesson.begins_us) return clock(us);
  const of = (((BigInt(lesson.begins_us) + BigInt(Math.round(us))) % day) + day) % day;
  return new Date(Number(of / 1000n)).toISOString().slice(11, 23);
}

// since returns when a stamp of an import was, in microseconds since the trace shown began. Without a year stamps are
// beyond a script's numbers.
export function since(lesson, stamp) {
  const seconds = BigInt(Date.parse(`${stamp.slice(0, 19)}Z`)) * 1000n;
  return Number(seconds + BigInt(stamp.slice(20, 26)) - BigInt(lesson.begins_us));
}

// duration writes a span with three digits at most: 33 ms, 6.46 s.
export function duration(us) {
  if (us < 1000) return `${us} µs`;
  if (us < 1e6) return `${short(us / 1000)} ms`;
  return `${short(us / 1e6)} s`;
}

// thousands writes a number of things: 18,547.
export const thousands = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

function short(x) {
  return x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2);
}
