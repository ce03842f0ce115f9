// What was read and what was not, whose clock stood where, and the pauses and restarts that were inferred.

import { $, el, fill } from "./dom.js";
import { duration, thousands } from "./format.js";
import { Pages } from "./pages.js";

export class FilesPane {
  constructor(app) {
    this.app = app;
    this.pane = $("pane-files");
    const again = () => this.again();
    this.pages = { files: new Pages(again), clocks: new Pages(again), inferred: new Pages(again) };
  }

  again() {
    this.shown = undefined;
    this.app.refresh();
  }

  render(state, lesson) {
    const shown = `${lesson.version} ${state.marked}`;
    if (!lesson.recorded || shown === this.shown || this.pane.hidden) return;
    this.shown = shown;
    const report = this.app.archive.report(lesson.import);
    const names = new Map(report.nodes.map((n) => [n.id, n.name]));
    const name = (id) => names.get(id) ?? id;
    const here = new Set(report.nodes.filter((n) => n.cluster === lesson.cluster).map((n) => n.id));
    fill(this.pane, el("h2", {}, "Files"), ...this.lines(report), ...this.files(report.files, name),
      el("h3", {}, "Clocks"), ...this.clocks(report.nodes.filter((n) => here.has(n.id))),
      this.choice(!report.raw_clocks, "Correct the clocks", (on) => this.app.correct(on).then(() => this.again()), "on stage and lanes; log text never is"),
      ...this.marks(state, lesson),
      ...this.inferred(report, here, name),
      el("p", { class: "faults" }, el("button", { type: "button", class: "small-btn phone-only", onclick: () => $("theme").click() }, "Theme"),
        el("button", { type: "button", class: "small-btn phone-only", onclick: () => this.app.opener.show() }, "Open others…")));
  }

  choice(on, words, change, help) {
    const box = el("input", { type: "checkbox", checked: on, "data-key": words, onchange: (e) => change(e.target.checked) });
    return el("label", { class: "choice" }, box, el("span", {}, words, el("span", { class: "small muted" }, help)));
  }

  // marks offers what else stands in a client history. Nothing was inferred from it.
  marks(state, lesson) {
    if (!lesson.history_marks) return [];
    return [el("h3", {}, "Client history"), this.choice(state.marked, "Show what it says beside operations",
      (on) => this.app.act({ type: "marks", on }), `${lesson.history_marks} lines, as pointers in the lanes; evidence for nothing`)];
  }

  lines({ lines, limits = [] }) {
    const parts = [`${thousands(lines.matched)} of ${thousands(lines.total)} lines are entries of a known form`];
    if (lines.duplicates) parts.push(`${thousands(lines.duplicates)} ${lines.duplicates === 1 ? "stands" : "stand"} twice`);
    if (lines.truncated) parts.push(`${thousands(lines.truncated)} ${lines.truncated === 1 ? "is" : "are"} cut short`);
    return [el("p", { class: "small" }, `${parts.join(", ")}.`),
      ...limits.map((text) => el("p", { class: "small" }, el("span", { class: "x", "aria-hidden": "true" }, "✗ "), text))];
  }

  files(files, name) {
    return [el("ul", { class: "rows" }, ...this.pages.files.of(files).map((f) => el("li", {},
      el("span", { class: f.error ? "x" : "muted", "aria-hidden": "true" }, f.error ? "✗" : "◆"),
      el("span", { class: "what" }, el("b", {}, f.path), f.error || `${f.dialect}${f.nodes.length ? `, ${f.nodes.map(name).join(", ")}` : ""}`),
      el("span", { class: "small muted" }, f.lines ? `${f.matched} lines` : "")))), this.pages.files.foot(files.length)];
  }

  clocks(nodes) {
    const reference = (n) => n.offset_us === 0 && n.bound_us === 0;
    const ms = (us) => `${us >= 0 ? "+" : "−"}${Math.abs(us / 1000).toFixed(3)} ms`;
    return [el("table", { "aria-rowcount": nodes.length + 1 }, el("thead", {}, el("tr", {}, ...["Node", "Ahead by", "Within", "Pairs"].map((h) => el("th", { scope: "col" }, h)))),
      el("tbody", {}, ...this.pages.clocks.of(nodes).map((n) => el("tr", {}, el("td", { title: n.id }, n.name),
        el("td", {}, n.offset_us == null ? "no evidence" : reference(n) ? "reference" : ms(n.offset_us)),
        el("td", {}, n.bound_us == null ? (n.offset_us == null ? "–" : "nothing binds it") : reference(n) ? "–" : `± ${(n.bound_us / 1000).toFixed(3)} ms`),
        el("td", {}, String(n.pairs)))))), this.pages.clocks.foot(nodes.length)];
  }

  inferred(report, here, name) {
    const pauses = report.pauses.filter((p) => here.has(p.node)).map((p) => ["‖", `${name(p.node)}${p.doubtful ? ", perhaps" : ""}, ${p.to ? `until ${clockOf(p.to)}${within(p.to_bound_us)}` : "to the end"}`,
      `from ${clockOf(p.from)}${within(p.from_bound_us)}; ${evidence[p.evidence] ?? p.evidence}, ${p.witnesses ? `noticed by ${p.witnesses}` : "noticed by nobody else"}`]);
    const restarts = report.restarts.filter((r) => here.has(r.node)).map((r) => ["↻", `${name(r.node)} started anew`, clockOf(r.at)]);
    const all = [...pauses, ...restarts];
    if (!all.length) return [];
    return [el("h3", {}, "Pauses and restarts"), el("ul", { class: "rows" }, ...this.pages.inferred.of(all).map(([sign, what, how]) => el("li", {},
      el("span", { class: "muted", "aria-hidden": "true" }, sign), el("span", { class: "what" }, el("b", {}, what), how)))), this.pages.inferred.foot(all.length)];
  }
}

const evidence = { stated: "its own words", silence: "its silence", "late-duration": "what ran late when it woke" };

// within writes a half-width, if there is one.
const within = (us) => (us == null ? "" : ` ± ${duration(us)}`);

// clockOf shortens a time to microseconds of its day.
const clockOf = (text) => text.slice(11, 26);
