// What was read and what was not, whose clock stood where, and the pauses and restarts that were inferred.

import { $, el, fill } from "./dom.js";
import { duration } from "./format.js";

export class FilesPane {
  constructor(app) {
    this.app = app;
    this.pane = $("pane-files");
  }

  render(state, lesson) {
    if (!lesson.recorded || lesson.version === this.version) return;
    this.version = lesson.version;
    const report = lesson.import;
    const name = (id) => report.nodes.find((n) => n.id === id)?.name ?? id;
    const here = new Set(report.nodes.filter((n) => n.cluster === lesson.cluster).map((n) => n.id));
    fill(this.pane, el("h2", {}, "Files"), ...this.lines(report.lines, state), this.files(report.files, name),
      el("h3", {}, "Clocks"), this.clocks(report.nodes.filter((n) => here.has(n.id))),
      el("p", { class: "small muted" }, "Times on stage and lanes are corrected; log text never is."),
      ...this.inferred(report, here, name));
  }

  lines(lines, state) {
    const parts = [`${lines.matched} of ${lines.total} lines are the log's`];
    if (lines.duplicates) parts.push(`${lines.duplicates} stand twice`);
    if (lines.truncated) parts.push(`${lines.truncated} are cut short`);
    return [el("p", { class: "small" }, `${parts.join(", ")}. ${state.wall?.date ?? ""}.`)];
  }

  files(files, name) {
    return el("ul", { class: "rows" }, ...files.slice(0, 200).map((f) => el("li", {},
      el("span", { class: f.error ? "x" : "muted", "aria-hidden": "true" }, f.error ? "✗" : "◆"),
      el("span", { class: "what" }, el("b", {}, f.path), f.error || `${f.dialect}${f.nodes.length ? `, ${f.nodes.map(name).join(", ")}` : ""}`),
      el("span", { class: "small muted" }, f.lines ? `${f.matched} lines` : ""))));
  }

  clocks(nodes) {
    const ms = (us) => `${us >= 0 ? "+" : "−"}${Math.abs(us / 1000).toFixed(3)} ms`;
    return el("table", {}, el("thead", {}, el("tr", {}, ...["Node", "Ahead by", "Within", "Pairs"].map((h) => el("th", { scope: "col" }, h)))),
      el("tbody", {}, ...nodes.map((n) => el("tr", {}, el("td", { title: n.id }, n.name),
        el("td", {}, n.offset_us == null ? "no evidence" : ms(n.offset_us)),
        el("td", {}, n.bound_us == null ? "–" : `± ${(n.bound_us / 1000).toFixed(3)} ms`),
        el("td", {}, String(n.pairs))))));
  }

  inferred(report, here, name) {
    const pauses = report.pauses.filter((p) => here.has(p.node));
    const restarts = report.restarts.filter((r) => here.has(r.node));
    if (!pauses.length && !restarts.length) return [];
    return [el("h3", {}, "Pauses and restarts"), el("ul", { class: "rows" },
      ...pauses.map((p) => el("li", {}, el("span", { class: "muted", "aria-hidden": "true" }, "‖"),
        el("span", { class: "what" }, el("b", {}, `${name(p.node)}, until ${clockOf(p.to)}`),
          `from ${clockOf(p.from)} ± ${duration(p.from_bound_us)}; ${evidence[p.evidence] ?? p.evidence}, ${p.witnesses} others noticed`))),
      ...restarts.map((r) => el("li", {}, el("span", { class: "muted", "aria-hidden": "true" }, "↻"),
        el("span", { class: "what" }, el("b", {}, `${name(r.node)} started anew`), clockOf(r.at)))))];
  }
}

const evidence = { stated: "its own words", silence: "its silence", "late-duration": "what ran late when it woke" };

// clockOf shortens a time to microseconds of its day.
const clockOf = (text) => text.slice(11, 26);
