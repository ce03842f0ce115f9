// What logs tell, in short: how much was read, what stands out, who led from when to when. Every row leads to its place.

import { el, tag, withTags } from "./dom.js";
import { duration, since, thousands, when } from "./format.js";

const most = { findings: 6, reigns: 40 };

export function summary(app, lesson, report) {
  const nodes = new Map(report.nodes.filter((n) => n.cluster === lesson.cluster).map((n) => [n.id, n]));
  return [el("h2", {}, lesson.title), el("p", {}, ...extent(lesson, report, nodes)), ...doubts(report), ...findings(app, lesson), ...reigns(app, lesson, report, nodes)];
}

// extent says how much there is: nodes, lines and from when to when.
function extent(lesson, report, nodes) {
  const servers = [...nodes.values()].filter((n) => n.kind !== "client");
  const files = report.files.filter((f) => f.nodes.some((id) => nodes.has(id)));
  const lines = files.reduce((sum, f) => sum + f.lines, 0);
  const silent = servers.filter((n) => !files.some((f) => f.nodes.includes(n.id)));
  return [`${count(servers.length, "node")}, ${count(lines, "line")} in ${count(files.length, "file")}, ${duration(lesson.end_us)} from ${when(lesson, 0).slice(0, -4)} to ${when(lesson, lesson.end_us).slice(0, -4)} UTC.`,
    silent.length > 0 && ` There is no log of ${list(few(silent.map((n) => n.name)))}: what is shown of ${silent.length > 1 ? "them" : "it"} is what others say.`].filter(Boolean);
}

// doubts says what was not read, and what is assumed of the clocks.
function doubts(report) {
  const unread = report.files.filter((f) => f.error).map((f) => f.path);
  return [
    unread.length > 0 && `Not read: ${list(few(unread))}; Files says why.`,
    report.files.some((f) => f.first && f.zone_known === false && f.dialect !== "trace") && "Some lines have no zone: UTC is assumed.",
    report.raw_clocks && "The clocks are shown as they stand, uncorrected: what stands first need not have come first.",
  ].filter(Boolean).map((text) => el("p", { class: "small muted" }, text));
}

function findings(app, lesson) {
  const all = lesson.findings.toSorted((a, b) => rank(a) - rank(b));
  if (!all.length) return [el("p", { class: "small muted" }, "Nothing stands out.")];
  return [el("h3", {}, "What stands out"), el("ul", { class: "rows" }, ...bursts(all).slice(0, most.findings).map(({ first, more }) => el("li", {},
    el("span", { class: first.alarm ? "x" : "muted", "aria-hidden": "true" }, first.alarm ? "✗" : "◆"),
    el("span", { class: "what" }, el("b", {}, first.kind.replaceAll("-", " ")), ...withTags(first.text, lesson.nodes),
      more > 0 && el("span", { class: "refs" }, `and ${more} more within a second`)),
    place(app, lesson, first.from_us)))),
  all.length > 1 && el("button", { type: "button", class: "link small", onclick: () => app.tabs.open("checks") }, `All ${all.length} findings`)];
}

// rank puts what misled somebody first, and last what only explains a line that lies: false-pause, late-election.
const rank = (f) => (f.alarm ? 0 : /^(false|late)-/.test(f.kind) ? 2 : 1);

// bursts gathers findings that tell the same thing within a second: one stale leader misleads many clients.
function bursts(findings) {
  const rows = [];
  for (const f of findings) {
    const last = rows.at(-1);
    if (last?.first.kind === f.kind && f.from_us - last.first.from_us < 1e6) last.more++;
    else rows.push({ first: f, more: 0 });
  }
  return rows;
}

// reigns lists who believed to lead the group that the stage shows.
function reigns(app, lesson, report, nodes) {
  const all = report.leaders.filter((r) => nodes.has(r.node) && r.group === lesson.group);
  if (!all.length) return [];
  return [el("h3", {}, "Who led"), el("ul", { class: "rows" }, ...all.slice(0, most.reigns).map((r) => el("li", {},
    el("span", { class: "muted", "aria-hidden": "true" }, "★"),
    el("span", {}, el("b", {}, nodes.get(r.node).name), " ", r.term ? tag(r.term) : "", " ", el("span", { class: "muted" }, lasted(lesson, r))),
    place(app, lesson, Math.max(0, since(lesson, r.from)))))),
  all.length > most.reigns && el("p", { class: "small muted" }, `and ${all.length - most.reigns} more`)];
}

// lasted says for how long; of an end that no line states it is known only that it came later.
function lasted(lesson, r) {
  if (r.to == null) return "to the end";
  const us = since(lesson, r.to) - since(lesson, r.from);
  return `${r.from_known && r.to_known ? "" : "at least "}${duration(Math.max(0, us))}`;
}

function place(app, lesson, at_us) {
  return el("button", { type: "button", class: "at", title: "Go there", onclick: () => app.act({ type: "seek", at_us }) }, when(lesson, at_us));
}

const count = (n, what) => `${thousands(n)} ${what}${n === 1 ? "" : "s"}`;

const few = (names) => (names.length > 6 ? [...names.slice(0, 5), `${names.length - 5} more`] : names);

const list = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0]);
