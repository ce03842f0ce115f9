// The tape: the whole run as one bar, coloured by term, with the stops above and faults and elections below. It is a
// slider: it can be dragged, and has the keys of the page.
//
// Stops may lie microseconds apart in a run of many seconds. The simulator therefore gives every interval between two
// stops a width of its own; within one, time runs evenly.

import { $, svg } from "./dom.js";
import { instant } from "./format.js";

const bar = 24; // top of the bar

export class Tape {
  constructor(app) {
    this.app = app;
    this.box = $("tape");
    this.root = svg("svg", { "aria-hidden": "true" });
    this.box.append(this.root);
    this.box.setAttribute("aria-disabled", "false");
    this.box.addEventListener("pointerdown", (e) => this.grab(e));
    this.box.addEventListener("pointermove", (e) => this.dragging && this.seek(e));
    for (const end of ["pointerup", "pointercancel"]) this.box.addEventListener(end, () => (this.dragging = false));
    new ResizeObserver(() => this.resized()).observe(this.box);
  }

  grab(event) {
    if (event.button !== 0) return;
    this.dragging = true;
    this.box.setPointerCapture(event.pointerId);
    const stop = event.target.closest?.("[data-stop]");
    if (stop) this.app.act({ type: "seek", step: Number(stop.dataset.stop) });
    else this.seek(event);
  }

  seek(event) {
    const x = event.clientX - this.box.getBoundingClientRect().left;
    this.app.act({ type: "seek", at_us: Math.round(this.scale.time(x)) });
  }

  resized() {
    if (!this.state) return;
    this.version = undefined;
    this.render(this.state, this.lesson);
  }

  render(state, lesson) {
    this.state = state;
    this.lesson = lesson;
    if (lesson.version !== this.version) {
      this.version = lesson.version;
      this.scale = makeScale(lesson, Math.max(60, this.box.clientWidth));
      this.root.replaceChildren(...this.bars(), ...this.numbers(), ...this.marks());
      this.cursor = svg("g", {}, svg("path", { class: "cursor", d: "M0 22V52" }), svg("circle", { class: "knob", r: 8, cy: bar + 4 }));
      this.cover = svg("g", {}, svg("rect", { class: "cover", y: bar - 2, height: 32 }), svg("rect", { class: "none", y: bar, height: 8 }));
      this.root.append(this.cover, this.cursor);
    }
    for (const rect of this.cover.children) { // who is asked what comes is not shown it
      rect.setAttribute("x", this.scale.x(state.at_us).toFixed(1));
      rect.setAttribute("width", state.asked ? Math.max(0, this.scale.width + 2 - this.scale.x(state.at_us)) : 0);
    }
    this.cursor.setAttribute("transform", `translate(${this.scale.x(state.at_us).toFixed(1)} 0)`);
    this.number(state.step);
    const at = this.scale.x(state.at_us);
    for (const word of this.root.querySelectorAll(".mark text")) { // no word under the line of the cursor
      word.classList.toggle("crowded", Number(word.dataset.from) < at && at < Number(word.dataset.to));
    }
    this.box.setAttribute("aria-valuemax", lesson.end_us);
    this.box.setAttribute("aria-valuenow", state.at_us);
    this.box.setAttribute("aria-valuetext", `stop ${state.step} of ${state.steps}, ${instant(state.at_us)}`);
  }

  bars() {
    const parts = [{ at_us: 0, term: null }, ...this.lesson.terms];
    return parts.flatMap((p, i) => {
      const from = this.scale.x(p.at_us);
      const to = i + 1 < parts.length ? this.scale.x(parts[i + 1].at_us) - 2 : this.scale.width;
      if (to - from < 1) return [];
      const bit = svg("rect", { class: p.term == null ? "none" : `seg f${p.term % 6}`, x: from, y: bar, width: to - from, height: 8 });
      if (p.term != null) bit.append(svg("title", {}, `term ${p.term}`));
      return [bit];
    });
  }

  numbers() {
    return this.lesson.stops.map((s, i) => {
      const label = svg("text", { class: s.occurred ? "num" : "num missed", x: this.scale.x(s.at_us), y: 16, "data-stop": i + 1 });
      label.append(String(i + 1), svg("title", {}, s.caption));
      return label;
    });
  }

  // number shows the numbers that have room, the current one first.
  number(step) {
    const all = [...this.root.querySelectorAll(".num")];
    const now = all.find((n) => Number(n.dataset.stop) === step);
    const taken = [];
    for (const n of now ? [now, ...all.filter((n) => n !== now)] : all) {
      const x = Number(n.getAttribute("x"));
      const half = 4 * n.dataset.stop.length + 1;
      const free = taken.every(([from, to]) => x + half <= from || x - half >= to);
      n.classList.toggle("now", n === now);
      n.classList.toggle("crowded", !free);
      if (free) taken.push([x - half, x + half]);
    }
  }

  // marks are glyphs with a word each. Where they would touch, what went wrong stays, then faults, then elections; a mark
  // first loses its word and then its place.
  marks() {
    const rank = ["finding", "crash", "pause", "hand", "election"];
    const all = this.lesson.marks.map((m) => ({ ...m, x: this.scale.x(m.at_us) }));
    const taken = [];
    const free = (from, to) => taken.every(([a, b]) => to <= a || from >= b);
    const glyphs = all.sort((a, b) => rank.indexOf(a.kind) - rank.indexOf(b.kind)).filter((m) => {
      if (!free(m.x - 7, m.x + 7)) return false;
      taken.push([m.x - 7, m.x + 7]);
      return true;
    });
    return glyphs.map((m) => {
      const to = m.x + 13 + 7.2 * m.text.length;
      const labelled = free(m.x + 7, to) && to <= this.scale.width + 24;
      if (labelled) taken.push([m.x + 7, to]);
      return markOf(m, labelled);
    });
  }
}

function markOf(m, labelled) {
  const shapes = {
    pause: [svg("path", { class: "l", d: "M-2.5 39v9M2.5 39v9" })],
    crash: [svg("path", { class: "al", d: "M-4 39.5l8 8M4 39.5l-8 8" })],
    election: [svg("path", { class: "g", d: "M0 38l5.5 5.5l-5.5 5.5l-5.5 -5.5Z" })],
    finding: [svg("path", { class: "al", d: "M-4 39.5l8 8M4 39.5l-8 8" })],
    hand: [svg("path", { class: "g", d: "M-4 38h8v5l-4 6l-4 -6Z" })],
  };
  const group = svg("g", { class: `mark ${m.kind}`, transform: `translate(${m.x.toFixed(1)} 0)` }, ...shapes[m.kind]);
  group.append(svg("title", {}, m.title));
  if (labelled) group.append(svg("text", { x: 9, y: 48, "data-from": m.x + 7, "data-to": m.x + 11 + 7.2 * m.text.length }, m.text));
  return group;
}

// makeScale maps time to pixels and back, along the scale that the simulator gave.
function makeScale(lesson, width) {
  const inner = width - 16;
  const times = lesson.axis.map((k) => k.at_us);
  const xs = lesson.axis.map((k) => 8 + k.x * inner);
  return { width: width - 8, x: (t) => between(t, times, xs), time: (px) => between(px, xs, times) };
}

function between(value, from, to) {
  let i = 1;
  while (i < from.length - 1 && value > from[i]) i++;
  const share = (value - from[i - 1]) / (from[i] - from[i - 1] || 1);
  return to[i - 1] + Math.max(0, Math.min(1, share)) * (to[i] - to[i - 1]);
}
