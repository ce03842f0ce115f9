// A place in a run as the fragment of an address: #scene=ID&variant=V&seed=N&set=k:v,…&at=STOP.

// readHash returns what to open, where to go in it, and what cannot be read.
export function readHash(hash) {
  const problems = [];
  const reading = (read, text) => {
    try {
      return read(text);
    } catch (error) {
      problems.push(error.message);
      return undefined;
    }
  };
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const open = {};
  for (const name of ["scene", "variant", "seed", "file"]) if (fields.get(name)) open[name] = fields.get(name);
  if (fields.get("set")) {
    open.settings = Object.fromEntries(fields.get("set").split(",").filter(Boolean).map((pair) => {
      const colon = pair.indexOf(":");
      return colon < 0 ? [pair, ""] : [pair.slice(0, colon), pair.slice(colon + 1)];
    }));
  }
  if (fields.get("acts")) open.acts = reading((acts) => acts.split(";").map(readAct), fields.get("acts"));
  const at = fields.get("at");
  return { open, seek: at ? reading(readPlace, at) : undefined, problems };
}

function readAct(text) {
  const [, after, command] = text.match(/^(-?\d+):(.*)$/) ?? [];
  if (!command) throw new Error(`acts=${text}: a number, a colon and a command are expected`);
  return { after: Number(after), text: command };
}

function readPlace(at) {
  if (/^\d+$/.test(at)) return { step: Number(at) };
  if (/^e\d+$/.test(at)) return { event: Number(at.slice(1)) };
  if (/^\d+(\.\d+)?s$/.test(at)) return { at_us: Math.round(Number(at.slice(0, -1)) * 1e6) };
  throw new Error(`at=${at}: a stop number, e and an event number, or seconds such as 12.345s are expected`);
}

// writeHash names the exact state shown.
export function writeHash(state, lesson) {
  const fields = state.trace ? [] : [["scene", state.scene], ["variant", state.variant], ["seed", state.seed_text]];
  if (state.file) fields.push(["file", state.file]);
  const changed = state.trace ? [] : lesson.settings.filter((s) => s.value !== s.default).map((s) => `${s.key}:${s.value}`);
  if (changed.length) fields.push(["set", changed.join(",")]);
  if (lesson.acts.length) fields.push(["acts", lesson.acts.map((a) => `${a.after}:${a.text}`).join(";")]);
  fields.push(["at", place(state, lesson)]);
  return "#" + fields.map(([k, v]) => `${k}=${encode(v)}`).join("&");
}

function encode(value) {
  return encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":").replace(/%3B/g, ";");
}

function place(state, lesson) {
  if (state.event < 0 && state.at_us === 0) return "0";
  const stop = lesson.stops[state.step - 1];
  if (stop && stop.event === state.event && stop.at_us === state.at_us) return String(state.step);
  if (state.event_at_us === state.at_us) return `e${state.event}`;
  return `${(state.at_us / 1e6).toFixed(6)}s`;
}
