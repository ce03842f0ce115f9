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

// duration writes a span with three digits at most: 33 ms, 6.46 s.
export function duration(us) {
  if (us < 1000) return `${us} µs`;
  if (us < 1e6) return `${short(us / 1000)} ms`;
  return `${short(us / 1e6)} s`;
}

function short(x) {
  return x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2);
}
