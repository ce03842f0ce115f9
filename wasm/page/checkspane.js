// What was judged: the verdict of this run, its expectations, findings and operations.

import { $, el, fill, withTags } from "./dom.js";
import { duration, when } from "./format.js";
import { Pages } from "./pages.js";

export class ChecksPane {
  constructor(app) {
    this.app = app;
    this.pane = $("pane-checks");
    const again = () => { this.version = undefined; app.refresh(); };
    this.found = new Pages(again);
    this.asked = new Pages(again);
  }

  render(state, lesson) {
    if (lesson.version !== this.counted) {
      this.counted = lesson.version;
      const bad = lesson.findings.filter((f) => f.alarm).length;
      $("tab-checks").replaceChildren("Checks", ...(bad ? [el("sup", { "aria-label": `${bad} alarming`, title: `${bad} of ${lesson.findings.length} findings: somebody was misled` }, String(bad))] : []));
    }
    if (lesson.version === this.version || this.pane.hidden) return; // it may be long
    this.version = lesson.version;
    fill(this.pane, ...this.verdict(state, lesson), ...this.findings(lesson), ...this.expectations(lesson), ...this.operations(lesson));
  }

  verdict(state, lesson) {
    const fits = lesson.verdict === "as-documented";
    const judged = lesson.verdict !== ""; // a trace does not say what its scene expects
    const silent = lesson.recorded && !lesson.operations; // no client told what it was told
    const mute = !silent && lesson.operations > 0 && !lesson.checkable;
    const legal = { true: "one order explains all answers", false: "no order explains all answers", null: lesson.operations ? "the checker gave up" : "no client did anything" };
    const outcomes = { anomaly: "a definite answer contradicts one that was acknowledged before", timeout: "an operation ended without a definite answer",
      clean: "every answer was definite, and none contradicts one before it" };
    return [
      el("h2", {}, lesson.recorded ? "These logs" : lesson.trace ? "This trace" : lesson.branch === "main" ? "This run" : `Branch ${lesson.branch_name}`),
      el("div", { class: "verdict" },
        judged && el("span", { class: fits ? "chip" : "chip bad" }, fits ? "as documented" : "deviates from the ticket"),
        !silent && !mute && el("span", { class: lesson.outcome === "anomaly" ? "chip bad" : "chip" }, lesson.outcome),
        !silent && !mute && el("span", { class: "muted small" }, outcomes[lesson.outcome]),
        !lesson.recorded && el("span", { class: "muted small" }, `seed ${state.seed_text}`)),
      !silent && !mute && el("div", { class: lesson.linearizable === false ? "ribbon bad" : "ribbon", "aria-hidden": "true" }),
      el("p", { class: "small" }, silent ? "No client history was given: what clients were told cannot be judged."
        : mute ? "Nothing here can be checked: no operation is of a kind that has a model, such as create, open, put, get or key."
        : `Linearizability: ${legal[String(lesson.linearizable)]}.`),
      el("p", { class: "small muted", id: "census-line" }),
    ];
  }

  findings(lesson) {
    if (!lesson.findings.length) return [];
    const shown = this.found.of(lesson.findings.toSorted((a, b) => a.rank - b.rank));
    return [el("h3", {}, "Findings"), ...heads.flatMap((head, i) => {
      const some = shown.filter((f) => f.rank === i);
      return some.length ? [el("p", { class: "small muted" }, head), el("ul", { class: "rows" }, ...some.map((f) => this.finding(f, lesson)))] : [];
    }), this.found.foot(lesson.findings.length)];
  }

  finding(f, lesson) {
    return el("li", {}, el("span", { class: f.alarm ? "x" : "muted", "aria-hidden": "true" }, f.alarm ? "✗" : "◆"),
      el("span", { class: "what" }, el("b", { title: f.kind }, f.title), ...withTags(f.text, lesson.nodes), ...this.evidence(f)),
      this.time(lesson, f.from_us));
  }

  // evidence names the lines that a finding of an import rests on, and the lesson that it is about.
  evidence(f) {
    if (!f.refs?.length && !f.scene) return [];
    const more = f.refs?.length > 3 ? ` and ${f.refs.length - 3} more` : "";
    const lines = () => {
      this.app.evidence = new Set(f.refs); // which the log marks
      this.app.act({ type: "seek", at_us: Math.max(0, Math.min(f.from_us, this.app.lesson.end_us)) });
      this.app.tabs.open("log");
    };
    return [f.refs?.length > 0 && el("button", { type: "button", class: "link refs", title: `Show these lines\n${f.refs.join("\n")}`, onclick: lines }, `${f.refs.slice(0, 3).map(short).join(", ")}${more}`),
      f.scene && el("button", { type: "button", class: "link", onclick: () => this.app.openScene(f.scene) }, `This is ${f.scene.toUpperCase()}`)];
  }

  expectations(lesson) {
    if (!lesson.expectations.length) return [];
    return [el("h3", {}, "Expectations of the scene"), el("ul", { class: "rows" }, ...lesson.expectations.map((e) => el("li", {},
      el("span", { class: e.ok ? "" : "x" }, e.ok ? "✓" : "✗"),
      el("span", {}, ...withTags(e.text, lesson.nodes), el("span", { class: "sr" }, e.ok ? " held" : " did not hold")),
      this.time(lesson, e.at_us))))];
  }

  operations(lesson) {
    if (!lesson.operations) return [];
    const { operations: all, nodes } = JSON.parse(this.app.go.state()); // too many to come with every state
    const names = new Map(nodes.map((n) => [n.id, n.name]));
    const name = (id) => names.get(id) ?? id;
    const head = ["Client", "Operation", "Server", "Result", "Took"];
    return [el("h3", {}, "Operations"), el("table", { "aria-rowcount": all.length + 1 }, el("thead", {}, el("tr", {}, ...head.map((h) => el("th", { scope: "col" }, h)))),
      el("tbody", {}, ...this.asked.of(all).map((o) => el("tr", {},
        el("td", {}, name(o.client)),
        el("td", {}, ...withTags(`${o.op} ${o.target}`, lesson.nodes)),
        el("td", { title: o.server }, name(o.server) || "–"),
        el("td", {}, o.result || "open"),
        el("td", { class: "num" }, o.return_us == null ? "–" : duration(o.return_us - o.call_us)))))), this.asked.foot(all.length)];
  }

  time(lesson, at_us) {
    if (at_us == null) return el("span");
    return el("button", { type: "button", class: "at", title: "Go there", onclick: () => this.app.act({ type: "seek", at_us }) }, when(lesson, at_us));
  }
}

// heads stand above the findings of each rank.
const heads = ["What misled somebody", "What happened", "Lines that seem to say something else"];

// short names a line by the last folder and the file, without the middle of a long name: m1/kudu-ma…421.15571:139.
function short(ref) {
  const [name, folder] = ref.split("/").reverse();
  return `${folder ? `${folder}/` : ""}${name.length > 24 ? `${name.slice(0, 7)}…${name.slice(-14)}` : name}`;
}
