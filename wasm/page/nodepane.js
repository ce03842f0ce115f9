// The nodes in words: a table that says what the stage draws, and the shelves of the selected node.

import { age, freshness, grid } from "./cells.js";
import { $, el, fill, svg, tag } from "./dom.js";
import { faultsOf } from "./menu.js";
import { Pages } from "./pages.js";

export class NodePane {
  constructor(app) {
    this.app = app;
    this.pane = $("pane-node");
    const again = () => { this.shown = undefined; app.refresh(); };
    this.pages = new Pages(again);
    this.clients = new Pages(again);
  }

  render(state) {
    const selected = subject(state) ?? state.nodes[0];
    const tab = `Node ${selected?.name ?? ""}`.trim();
    if ($("tab-node").textContent !== tab) $("tab-node").textContent = tab;
    if (this.pane.hidden) return;
    const shown = JSON.stringify([state.nodes, state.selected]) + lookOf(selected, state);
    if (shown === this.shown) return;
    this.shown = shown;
    const crowd = state.nodes.length > 12 ? state.nodes.filter((n) => n.kind === "client") : []; // too many to stand above the details
    const first = state.nodes.filter((n) => !crowd.includes(n));
    fill(this.pane, this.table("Nodes", this.pages.of(first), state, selected), this.pages.foot(first.length), ...(selected ? this.details(selected, state) : []),
      crowd.length > 0 && this.table("Clients", this.clients.of(crowd), state, selected), this.clients.foot(crowd.length));
  }

  table(title, nodes, state, selected) {
    const group = this.app.lesson.group;
    const members = state.nodes.filter((n) => n.role || cell(n, "term", group)); // who has crashed is a member all the same
    const head = ["Node", "Role", "Term", "Voters, leader*", "Process"].map((h) => el("th", { scope: "col", class: h === "Term" ? "num" : "" }, h));
    return el("table", { class: "nodes", "aria-rowcount": nodes.length + 1 }, el("caption", {}, title), el("thead", {}, el("tr", {}, ...head)),
      el("tbody", {}, ...nodes.map((n) => this.row(n, n === selected, members))));
  }

  row(n, on, members) {
    const pick = () => this.app.act({ type: "select", node: n.id });
    return el("tr", { "aria-selected": String(on), "data-node": n.id, onclick: pick },
      el("td", {}, el("button", { type: "button", "data-key": `node-${n.id}`, "aria-label": `Select ${n.name}` }, n.name)),
      el("td", {}, n.role || (n.kind === "client" ? "client" : "–")),
      el("td", { class: "num" }, n.term == null ? "–" : tag(n.term)),
      el("td", { class: "view" }, view(n, this.app.lesson.group, members)),
      el("td", {}, n.kind === "client" && n.process === "unknown" ? "–" : n.process));
  }

  details(n, state) {
    return [
      ...this.identity(n),
      state.source !== "log" && el("div", { class: "faults", role: "group", "aria-label": `Faults of ${n.name}` }, ...faultsOf(n, state).map((f) => this.button(n, f))),
      ...groups(n),
      ...shelves(n, state, false),
      state.source === "log" && n.kind !== "client" && !n.cells.length && el("p", { class: "small muted" }, `No line up to here tells what ${n.name} holds in memory or on disk.`),
    ];
  }

  // identity says which machine of the logs a node is.
  identity(n) {
    const lesson = this.app.lesson;
    const told = lesson.recorded && this.app.archive.report(lesson.import).nodes.find((x) => x.id === n.id);
    if (!told) return [];
    const former = told.former_ids?.length ? `, before that ${told.former_ids.join(", ")}` : "";
    return [el("p", { class: "small" }, el("b", {}, n.name), " is ", el("code", {}, told.id), former, told.address && told.address !== told.id ? `, at ${told.address}` : "")];
  }

  button(n, f) {
    return el("button", { type: "button", class: "small-btn", disabled: !f.on, "data-key": `${f.verb}-${n.id}`,
      onclick: () => this.app.act({ type: "command", text: `${f.verb} ${n.id}` }) }, f.name);
  }
}

// view is one row of the matrix that operators know from ksck: the voters of a node's configuration, as its log tells or
// since the first change of it, else all members; the leader with a star.
function view(n, group, members) {
  if (n.leader == null || n.kind === "client") return "–";
  const told = cell(n, "voters", group)?.value.split(", ");
  const changed = cell(n, "config", group)?.value.split(" ").slice(1).filter((v) => !v.startsWith("(")).map((v) => v.split("#")[0]);
  const voters = told ?? changed ?? members.map((v) => v.name);
  if (voters.length > 5) return n.leader ? `${n.leader}*` : "none";
  return voters.map((v) => (v === n.leader ? `${v}*` : v)).join(" ");
}

function cell(n, key, group) {
  return n.cells.find((c) => c.key === key && c.group === group);
}

// subject is the node that the story is about: the selected one; else a leader whom another has overtaken; else the
// leader.
export function subject(state) {
  const leaders = state.nodes.filter((n) => n.role === "leader" && n.term != null).sort((a, b) => a.term - b.term);
  return state.nodes.find((n) => n.id === state.selected) ?? leaders[0];
}

// groups lists what a node is in each of its raft groups, where it is in several: Kudu's tablets.
function groups(n) {
  if (!n.groups?.length) return [];
  return [el("table", {}, el("caption", {}, `Tablets of ${n.name}`), el("thead", {}, el("tr", {}, ...["Tablet", "Role", "Term"].map((h) => el("th", { scope: "col", class: h === "Term" ? "num" : "" }, h)))),
    el("tbody", {}, ...n.groups.slice(0, 200).map((g) => el("tr", {}, el("td", { title: g.group }, el("code", {}, g.group.slice(0, 8))), el("td", {}, g.role || "–"),
      el("td", { class: "num" }, g.term == null ? "–" : tag(g.term))))))];
}

// shelves are the two shelves of a node; in brief for the lesson, where the cells that matter now have to do.
export function shelves(n, state, brief = true) {
  const of = (kind) => n.cells.filter((c) => c.shelf === kind);
  const told = (kind) => state.source !== "log" || of(kind).length > 0; // logs that say nothing of a disk do not say that it is empty
  return [told("memory") && shelf("memory", `Memory of ${n.name}`, "kept by a pause, lost in a crash", of("memory"), n, state, brief),
    n.kind !== "client" && told("disk") && shelf("disk", `Disk of ${n.name}`, "kept by both", of("disk"), n, state, brief)];
}

function shelf(kind, title, what, cells, node, state, brief) {
  const glyph = kind === "memory" ? tray() : lock();
  const list = cells.length ? grid(cells, state, brief)
    : [el("p", { class: "empty" }, node.process === "crashed" && kind === "memory" ? "empty: lost in the crash" : "empty")];
  return el("section", { class: `shelf ${kind}`, "aria-label": title },
    el("div", { class: "t" }, glyph, title, el("span", {}, what)), ...list);
}

// lookOf changes when the shelves of a node look different.
export function lookOf(n, state) {
  return JSON.stringify([n, state.event, n?.cells.map((c) => [freshness(c, state), age(c, state)])]);
}

function tray() {
  return svg("svg", { width: 14, height: 12, viewBox: "0 0 14 12", "aria-hidden": "true" },
    svg("path", { class: "svgline", d: "M1.5 2v8.5h11V2" }),
    svg("rect", { class: "svgfill", x: 4, y: 4, width: 2.6, height: 4 }),
    svg("rect", { class: "svgfill", x: 7.6, y: 4, width: 2.6, height: 4 }));
}

function lock() {
  return svg("svg", { width: 12, height: 13, viewBox: "0 0 12 13", "aria-hidden": "true" },
    svg("rect", { class: "svgfill", x: 1.5, y: 5.5, width: 9, height: 6.5, rx: 1.2 }),
    svg("path", { class: "svgline", d: "M3.5 5.5V3.800a2.5 2.5 0 0 1 5 0v1.700" }));
}
