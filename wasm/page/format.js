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
  const time = new Date(Number(of / 1000n)).toISOString().slice(11, 23);
  return days(lesson, lesson.end_us) === 0n ? time : `${date(lesson, us)} ${time}`;
}

// days returns how many midnights lie between the beginning of logs and an instant.
const days = (lesson, us) => floor(BigInt(lesson.begins_us) + BigInt(Math.round(us))) - floor(BigInt(lesson.begins_us));

const floor = (us) => (us - (((us % day) + day) % day)) / day;

// date writes the day of an instant: 11-22.
const date = (lesson, us) => new Date(Number(((BigInt(lesson.begins_us) + BigInt(Math.round(us))) / 1000n) % 253_402_300_800_000n)).toISOString().slice(-19, -14);

// since returns when a stamp of an import was, in microseconds since the trace shown began. Without a year stamps are
// beyond a script's numbers.
export function since(lesson, stamp) {
  const seconds = BigInt(Date.parse(`${stamp.slice(0, 19)}Z`)) * 1000n;
  return Number(seconds + BigInt(stamp.slice(20, 26)) - BigInt(lesson.begins_us));
}

// duration writes a span with three digits at most: 33 ms, 6.46 s, 2 min 26 s.
export function duration(us) {
  if (us < 1000) return `${us} µs`;
  if (us < 1e6) return `${short(us / 1000)} ms`;
  if (us < 120e6) return `${short(us / 1e6)} s`;
  const [seconds, minutes, hours] = [Math.floor(us / 1e6), Math.floor(us / 60e6), Math.floor(us / 3600e6)];
  if (minutes < 120) return `${minutes} min ${seconds % 60} s`;
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

// thousands writes a number of things: 18,547.
export const thousands = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

function short(x) {
  return x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2);
}
