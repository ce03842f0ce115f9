// The lesson: the note to the current stop, what has happened so far, and the shelves of the node the story is about.

import { $, el, fill, paragraphs, setText, withTags } from "./dom.js";
import { Quiz } from "./quiz.js";
import { summary } from "./summary.js";
import { lookOf, shelves, subject } from "./nodepane.js";

export class LessonPane {
  constructor(app) {
    this.app = app;
    this.pane = $("pane-lesson");
    this.pane.classList.add("lesson");
    this.note = el("div");
    this.told = el("div", { class: "told" });
    this.held = el("div", { class: "held" });
    this.quiz = new Quiz(app, this.pane);
    this.pane.replaceChildren(this.note, this.quiz.box, this.told, this.held);
    new ResizeObserver(() => this.showLast()).observe(this.told);
  }

  render(state, lesson) {
    const shown = `${lesson.version} ${lesson.trace || state.step}`;
    if (shown !== this.shown) {
      this.shown = shown;
      setText($("tab-lesson"), lesson.recorded && lesson.trace ? "Summary" : "Lesson");
      this.tell(state, lesson);
    }
    this.quiz.render(state, lesson);
    this.hold(state);
    const current = this.told.querySelector("[aria-current]");
    if (current && current !== this.current) {
      this.pane.scrollTop = 0; // the note to the stop is read first
      this.showLast();
      this.quiz.reveal();
    }
    this.current = current;
  }

  // showLast brings the current stop into view. On a desktop the list scrolls by whole stops, so that none is cut; on a
  // phone the whole pane does.
  showLast() {
    const list = this.told.querySelector("ol");
    if (!list) return;
    list.style.marginBottom = "0";
    if (getComputedStyle(this.told).overflowY === "visible") return this.reveal();
    const last = this.told.scrollHeight - this.told.clientHeight;
    const tops = [...list.children].map((item) => item.offsetTop - list.offsetTop);
    const top = last > 0 ? tops.find((t) => t >= last) ?? tops.at(-1) : 0;
    if (top > last) list.style.marginBottom = `${top - last}px`;
    this.told.scrollTop = top;
  }

  reveal() {
    const current = this.told.querySelector("[aria-current]");
    if (!current || this.pane.hidden) return;
    const box = this.pane.getBoundingClientRect();
    const item = current.getBoundingClientRect();
    if (item.bottom > box.bottom) this.pane.scrollTop += item.bottom - box.bottom;
    else if (item.top < box.top) this.pane.scrollTop -= box.top - item.top;
  }

  tell(state, lesson) {
    const stop = lesson.stops[state.step - 1];
    const missed = "This did not happen in this run, so the lesson's note does not hold here. What happened instead stands below.";
    const text = !stop ? `${lesson.intro}\n\n${lesson.notes.replaceAll("\n", "\n\n")}` : stop.occurred ? stop.note : missed;
    const done = lesson.stops.length > 0 && state.step === lesson.stops.length;
    if (lesson.trace) this.pane.scrollTop = 0;
    if (lesson.recorded && lesson.trace) fill(this.note, ...summary(this.app, lesson, this.app.archive.report(lesson.import)));
    else fill(this.note, el("h2", {}, lesson.title), ...paragraphs(text, lesson.nodes), stop ? null : source(lesson.source), done && this.onward(state, lesson));
    const told = lesson.stops.slice(0, state.step);
    fill(this.told, told.length > 0 && el("ol", { class: "stops", "aria-label": "Stops so far" },
      ...told.map((s, i) => this.stop(s, i + 1, state.step, lesson))));
  }

  stop(s, n, now, lesson) {
    const words = s.occurred ? [el("span", {}, ...withTags(s.caption, lesson.nodes))]
      : [el("span", {}, el("s", {}, ...withTags(s.caption, lesson.nodes)), el("span", { class: "instead" }, ...withTags(s.instead, lesson.nodes)))];
    return el("li", {}, el("button", { type: "button", class: "past", "aria-current": n === now ? "step" : null,
      "data-key": `stop-${n}`, onclick: () => this.app.act({ type: "seek", step: n }) }, ...words));
  }

  // onward leads from a lesson's end to the others about the same ticket: the engine, the ticket, a real cluster.
  onward(state, lesson) {
    const others = this.app.catalogue.filter((s) => s.source === lesson.source && s.id !== state.scene && (s.kind === "recorded" || lesson.recorded));
    return others.length > 0 && el("p", { class: "onward" }, "The same failure elsewhere: ", ...others.flatMap((s, i) => [i > 0 ? " · " : "",
      el("button", { type: "button", class: "link", "data-key": `onward-${s.id}`, onclick: () => this.app.openScene(s.id) }, s.title)]));
  }

  // hold shows what the node of the story holds in memory and on disk.
  hold(state) {
    const node = subject(state);
    const shown = lookOf(node, state);
    if (shown === this.holding) return;
    this.holding = shown;
    fill(this.held, ...(node && node.cells.length ? shelves(node, state) : []));
  }
}

// source names the ticket, as a link when it is an address.
function source(text) {
  const jira = /^(KUDU|CASSANDRA)-\d+$/.test(text) ? `https://issues.apache.org/jira/browse/${text}` : text;
  const link = /^https:\/\//.test(jira) ? el("a", { href: jira, rel: "noreferrer noopener", target: "_blank" }, text) : text;
  return el("p", { class: "source small muted" }, "Source: ", link);
}
