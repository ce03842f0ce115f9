// The keyboard: one table, from which both the keys and the help dialog are made.

import { $, el } from "./dom.js";

// Each row: the keys, what they do in words, the deed, and for what alone it is: a run that takes commands, what has stops,
// logs. A row with a letter can be switched off. Two rows that belong together follow each other: they stand side by side in
// the help.
function table(app) {
  const act = (x) => () => app.act(x);
  const toggle = () => app.act({ type: app.state().playing ? "stop" : "play" });
  return [
    [["Space", "K", "."], "play or stop", toggle],
    [["1…9"], "select a node", null],
    [["→"], "step", act({ type: "step" })],
    [["←"], "back", act({ type: "back" })],
    [["Shift+→"], "next role change", act({ type: "step", unit: "role change" })],
    [["Shift+←"], "previous role change", act({ type: "back", unit: "role change" })],
    [["PgDn"], "next stop", act({ type: "step", unit: "stop" }), "stops"],
    [["PgUp"], "previous stop", act({ type: "back", unit: "stop" }), "stops"],
    [["Ctrl+→"], "one second on", () => shift(app, 1e6)],
    [["Ctrl+←"], "one second back", () => shift(app, -1e6)],
    [["Home"], "to the start, the whole run", act({ type: "reset" })],
    [["End"], "to the end", () => app.act({ type: "seek", at_us: app.lesson.end_us })],
    [["["], "slower", act({ type: "slower" })],
    [["]"], "faster", act({ type: "faster" })],
    [["e"], "next finding", () => jump(app, "finding", 1)],
    [["E"], "previous finding", () => jump(app, "finding", -1)],
    [["r"], "next election", () => jump(app, "election", 1)],
    [["R"], "previous election", () => jump(app, "election", -1)],
    [["z"], "lanes: magnify around the cursor", act({ type: "zoom", factor: 2 })],
    [["Z"], "lanes: show more of the run", act({ type: "zoom", factor: 0.5 })],
    [["P"], "pause or resume the selected node", () => fault(app, ["pause", "resume"]), "run"],
    [["X"], "crash or restart the selected node", () => fault(app, ["crash", "restart"]), "run"],
    [["V"], "hold: see what the selected node believes", act({ type: "belief", on: true })],
    [["U", "Ctrl+Z"], "undo: back to the branch point", act({ type: "undo" }), "run"],
    [["A"], "the checks", () => app.tabs.open("checks")],
    [["Y"], "copy a link to this instant", () => $("share").click()],
    [["O"], "open logs, scenes or traces", () => app.opener.show()],
    [["/"], "search the log", () => app.tabs.open("log", "input"), "logs"],
    [["?"], "this help", () => app.keys.help()],
    [["Esc"], "close, deselect", act({ type: "select", node: "" })],
  ];
}

export class Keys {
  constructor(app) {
    this.app = app;
    this.rows = table(app);
    this.letters = true;
    document.addEventListener("keydown", (e) => this.key(e));
    document.addEventListener("keyup", (e) => {
      if (e.key.toLowerCase() === "v" && !typing(e)) app.act({ type: "belief", on: false });
    });
  }

  key(event) {
    if (event.defaultPrevented || $("keys").open || $("opener").open || typing(event)) return;
    const name = nameOf(event);
    if (!this.letters && /^[a-z]$/i.test(name)) return;
    if (/^[1-9]$/.test(name)) {
      const node = this.app.state().nodes[Number(name) - 1];
      if (node) this.app.act({ type: "select", node: node.id });
      return;
    }
    const row = this.rows.find(([keys]) => keys.includes(name)) ?? this.rows.find(([keys]) => keys.includes(name.toUpperCase()));
    if (!row?.[2] || (name === "Space" && pressable(event.target))) return;
    if (!this.has(row)) return this.refuse(row);
    event.preventDefault();
    if (!(name.toUpperCase() === "V" && event.repeat)) row[2]();
  }

  // has reports whether what is shown has what a row is for.
  has([, , , what]) {
    const { lesson, finished } = this.app;
    return { run: !finished, stops: lesson.stops.length > 0, logs: lesson.recorded }[what] ?? true;
  }

  // refuse says once why a key that changes a run does nothing.
  refuse([, , , what]) {
    const { lesson, toast } = this.app;
    if (what !== "run" || this.refused === lesson.version) return;
    this.refused = lesson.version;
    toast.say(`${lesson.recorded ? "Logs tell" : "A finished trace tells"} what happened: no node in ${lesson.recorded ? "them" : "it"} can be paused or crashed.`);
  }

  help() {
    const box = $("keys");
    const letters = el("input", { type: "checkbox", id: "letters", checked: this.letters, onchange: (e) => (this.letters = e.target.checked) });
    box.replaceChildren(el("h2", {}, "Keys"),
      el("dl", {}, ...this.rows.filter((row) => this.has(row)).flatMap(([keys, words]) => [el("dt", {}, ...keys.map((k) => el("kbd", {}, k))), el("dd", {}, words)])),
      el("div", { class: "foot" }, el("label", {}, letters, " letters as keys"),
        el("button", { type: "button", class: "small-btn main", onclick: () => box.close() }, "Close")));
    box.showModal();
  }
}

function nameOf(event) {
  const arrows = { ArrowRight: "→", ArrowLeft: "←", PageDown: "PgDn", PageUp: "PgUp", " ": "Space", Escape: "Esc" };
  const name = arrows[event.key] ?? event.key;
  if (event.ctrlKey || event.metaKey) return `Ctrl+${name.length === 1 ? name.toUpperCase() : name}`;
  if (event.altKey) return `Alt+${name}`;
  return event.shiftKey && arrows[event.key] ? `Shift+${name}` : name;
}

// typing: no key of ours while a text field or a control with keys of its own has the focus.
function typing(event) {
  const t = event.target;
  if (t.matches?.("select, textarea, input:not([type=radio]):not([type=checkbox])")) return true;
  return t.matches?.("input") && event.key.startsWith("Arrow");
}

function pressable(target) {
  return target.matches?.("button, summary, a, input");
}

function shift(app, by) {
  app.act({ type: "seek", at_us: Math.max(0, Math.min(app.lesson.end_us, app.state().at_us + by)) });
}

function jump(app, kind, by) {
  const { at_us } = app.state();
  const told = kind === "finding" ? app.lesson.findings : app.lesson.marks.filter((m) => m.kind === kind);
  const times = told.map((m) => Math.max(0, Math.min(m.at_us, app.lesson.end_us))).sort((a, b) => a - b);
  const to = by > 0 ? times.find((t) => t > at_us) : times.findLast((t) => t < at_us);
  if (to !== undefined) app.act({ type: "seek", at_us: to });
  else app.toast.say(times.length ? `There is no ${by > 0 ? "later" : "earlier"} ${kind}.` : `There is no ${kind} here.`);
}

function fault(app, [stop, start]) {
  const state = app.state();
  const node = state.nodes.find((n) => n.id === state.selected);
  if (!node) return app.toast.say("Select a node first: click it, or press its number.");
  const verb = stop === "pause" ? (node.process === "paused" ? start : stop) : (node.process === "crashed" ? start : stop);
  app.act({ type: "command", text: `${verb} ${node.id}` });
}
