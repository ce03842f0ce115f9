// What logs tell, in short: how much was read, what stands out, who led from when to when. Every row leads to its place.

import { el, svg, tag, withTags } from "./dom.js";
import { duration, since, thousands, when } from "./format.js";

const most = { findings: 6, reigns: 40 };

export function summary(app, lesson, report) {
  const nodes = new Map(report.nodes.filter((n) => n.cluster === lesson.cluster).map((n) => [n.id, n]));
  return [el("h2", {}, lesson.title), el("p", {}, ...extent(lesson, report, nodes)),
    el("p", { class: "small muted" }, `Opened at ${lesson.findings.some((f) => f.rank < 2) ? "what stands out first" : "the first sign of a node"}; Reset goes to the beginning.`), ...doubts(report, nodes), ...clusters(app, lesson),
    ...findings(app, lesson), ...reigns(app, lesson, report, nodes), ...legend()];
}

// extent says how much there is: nodes, lines and from when to when.
function extent(lesson, report, nodes) {
  const servers = [...nodes.values()].filter((n) => n.kind !== "client");
  const clients = nodes.size - servers.length;
  const files = report.files.filter((f) => f.nodes.some((id) => nodes.has(id)));
  const lines = files.reduce((sum, f) => sum + f.lines, 0);
  const silent = servers.filter((n) => !files.some((f) => f.nodes.includes(n.id)));
  return [`${count(servers.length, "node")}, ${clients ? `${count(clients, "client")}, ` : ""}${count(lines, "line")} in ${count(files.length, "file")}, ${duration(lesson.end_us)} from `,
    el("span", { class: "name" }, lesson.date), ` ${clockAt(lesson, 0)} to ${clockAt(lesson, lesson.end_us)} UTC.`,
    silent.length > 0 && ` There is no log of ${list(few(silent.map((n) => n.name)))}: what is shown of ${silent.length > 1 ? "them" : "it"} is what others say.`].filter(Boolean);
}

// doubts says what was not read, and what is assumed of the clocks.
function doubts(report, nodes) {
  const here = report.files.filter((f) => f.first && f.nodes.some((id) => nodes.has(id)));
  const adrift = here.filter((f) => f.zone_known === false && f.dialect !== "trace").length;
  const unread = report.files.filter((f) => f.error).map((f) => f.path);
  return [
    unread.length > 0 && `Not read: ${list(few(unread))}; Files says why.`,
    adrift > 0 && `The lines ${adrift === here.length ? "" : `of ${count(adrift, "file")} `}have no zone: UTC is assumed.`,
    report.raw_clocks && "The clocks are shown as they stand, uncorrected: what stands first need not have come first.",
  ].filter(Boolean).map((text) => el("p", { class: "small muted" }, text));
}

// clusters offers what else was opened: nothing is compared across clusters, and one is shown at a time.
function clusters(app, lesson) {
  if (lesson.variants.length < 2) return [];
  return [el("h3", {}, `${lesson.variants.length} clusters were opened`), el("ul", { class: "choices", role: "radiogroup", "aria-label": "Cluster" }, ...lesson.variants.map((v) =>
    el("li", {}, el("label", {}, el("input", { type: "radio", name: "cluster", value: v.id, checked: v.id === lesson.variant, "data-key": `cluster-${v.id}`,
      onchange: () => app.act({ type: "variant", variant: v.id }) }), el("span", {}, v.text)))))];
}

function findings(app, lesson) {
  const all = lesson.findings.toSorted((a, b) => a.rank - b.rank);
  if (!all.length) return [el("p", { class: "small muted" }, "Nothing stands out.")];
  return [el("h3", {}, "What stands out"), el("ul", { class: "rows" }, ...bursts(all).slice(0, most.findings).map(({ first, more }) => el("li", {},
    el("span", { class: first.alarm ? "x" : "muted", "aria-hidden": "true" }, first.alarm ? "✗" : "◆"),
    el("span", { class: "what" }, el("b", { title: first.kind }, first.title), ...withTags(first.text, lesson.nodes),
      more > 0 && el("span", { class: "refs" }, `and ${more} more within a second`)),
    place(app, lesson, first.from_us)))),
  all.length > 1 && el("button", { type: "button", class: "link small", onclick: () => app.tabs.open("checks") }, `All ${all.length} findings`)];
}

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

// legend explains the lanes' strokes, as far as only logs have them.
function legend() {
  const sample = (words, ...shapes) => el("li", {}, svg("svg", { width: 36, height: 16, viewBox: "0 0 36 16", "aria-hidden": "true" }, ...shapes), words);
  const line = (d, width, rest = {}) => svg("path", { d, fill: "none", stroke: "currentColor", "stroke-width": width, ...rest });
  return [el("h3", {}, "How to read the lanes"),
    el("p", { class: "small muted narrow-only" }, "They need a window of 1024 by 600 pixels; here they are not shown."),
    el("ul", { class: "legend small" },
      sample("leads, in the colour of its term", line("M0 8h36", 10)),
      sample("follows", line("M0 8h36", 3)),
      sample("stands for election", line("M0 8l4.500 -5l9 10l9 -10l9 10l4.500 -5", 2.5)),
      sample("dots: inferred, no line says so", line("M3 8h33", 4, { "stroke-dasharray": "0 6", "stroke-linecap": "round" })),
      sample("hatched: paused; dashed: inferred from its silence", line("M1 2h34v12h-34z", 1.2, { "stroke-dasharray": "3 2" }), line("M6 14l12 -12M16 14l12 -12M26 14l9 -9M1 9l7 -7", 2)),
      sample("was killed", line("M13 3l10 10M23 3l-10 10", 2.4, { class: "x" })),
      sample("a message, from who sent it to who wrote of it", line("M6 1l24 14", 2)))];
}

function place(app, lesson, at_us) {
  return el("button", { type: "button", class: "at", title: "Go there", onclick: () => app.act({ type: "seek", at_us }) }, when(lesson, at_us));
}

// clockAt writes an instant in seconds.
const clockAt = (lesson, us) => when(lesson, us).slice(-12, -4);

const count = (n, what) => `${thousands(n)} ${what}${n === 1 ? "" : "s"}`;

const few = (names) => (names.length > 6 ? [...names.slice(0, 5), `${names.length - 5} more`] : names);

const list = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0]);
