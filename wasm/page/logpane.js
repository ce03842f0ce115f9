// The log lines about the cursor, of all nodes, in the order of the corrected time. They are fetched from the worker, which
// reads them from the files anew: at most 120 are on the page.

import { $, el, fill, options } from "./dom.js";

const around = 60;

export class LogPane {
  constructor(app) {
    this.app = app;
    this.pane = $("pane-log");
    this.search = el("input", { type: "search", placeholder: "only lines with …", "aria-label": "Only lines with", oninput: () => this.soon() });
    this.node = el("select", { "aria-label": "Only lines of", onchange: () => this.ask() });
    this.count = el("span", { class: "small muted", role: "status" });
    this.list = el("ol", { class: "lines", "aria-label": "Log lines" });
    this.pane.replaceChildren(el("div", { class: "find" }, this.search, this.node, this.count), this.list);
  }

  render(state, lesson) {
    $("tab-log").hidden = $("tab-files").hidden = !lesson.recorded;
    $("tab-setup").hidden = lesson.recorded;
    if (!lesson.recorded) return;
    this.names = new Map(state.nodes.map((n) => [n.id, n.name]));
    const place = `${lesson.version} ${state.at_us} ${state.selected}`;
    if (this.app.evidence !== this.marked) this.place = undefined;
    if (place === this.place || this.pane.hidden) return;
    this.marked = this.app.evidence;
    this.place = place;
    options(this.node, [["", "all nodes"], ...state.nodes.filter((n) => n.kind !== "client").map((n) => [n.id, n.name, n.id])],
      this.names.has(this.node.value) ? this.node.value : "");
    this.now = state;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), state.playing || state.moving ? 250 : 30);
  }

  // soon asks when the typing stops: a search reads the files.
  soon() {
    this.count.textContent = "searching…";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), 250);
  }

  async ask() {
    const { at_us, cluster } = this.now ?? this.app.state();
    const asked = (this.asked = (this.asked ?? 0) + 1);
    try {
      const lines = await this.app.archive.lines({ at_us, cluster, before: around, after: around, match: this.search.value, node: this.node.value });
      if (asked === this.asked) this.show(lines, at_us);
    } catch (error) {
      if (asked === this.asked) this.count.textContent = error.message;
    }
  }

  show(lines, at_us) {
    const last = lines.findLastIndex((l) => l.at_us <= at_us);
    const before = last + 1, after = lines.length - before;
    const some = (n) => `${n}${n === around ? " or more" : ""}`;
    this.count.textContent = !lines.length ? "none" : this.search.value ? `${some(before)} before, ${some(after)} after` : "";
    this.count.title = lines.length ? "" : "No such line within 32 MB of this instant in any file";
    fill(this.list, ...lines.map((l, i) => this.line(l, i === last)));
    const current = this.list.querySelector("[aria-current]");
    if (current) this.list.scrollTop = current.offsetTop - this.list.clientHeight / 3;
  }

  line(l, current) {
    const { stamp, words } = parts(l.text);
    const evidence = this.marked?.has(`${l.file}:${l.line}`);
    return el("li", { "aria-current": current ? "true" : null, class: evidence ? "evidence" : null },
      el("button", { type: "button", title: `${l.file}:${l.line}\n${l.text}`, "data-key": `${l.file}:${l.line}`, onclick: () => this.app.act({ type: "seek", at_us: Math.max(0, Math.min(l.at_us, this.app.lesson.end_us)) }) },
        el("span", { class: "stamp" }, el("b", {}, this.names.get(l.node) ?? "–"), ` ${stamp}`),
        el("code", {}, current ? l.text : words)));
  }
}

// parts takes a line's own time and its message out of it; what has another form is shown as it stands.
function parts(text) {
  const glog = text.match(/^[^IWEF]*([IWEF])\d{4,8} ([\d:.]+) +\d+ [^\]]*\] (?:T [0-9a-f]{32} P [0-9a-f]{32}:? ?)?([^]*)$/);
  if (glog) return { stamp: glog[2], words: glog[3] };
  const zap = text.match(/"ts":"[^T"]*T([\d:.]+)[^"]*".*?"msg":"((?:[^"\\]|\\.)*)"/);
  if (zap) return { stamp: zap[1], words: zap[2] };
  const logback = text.match(/^\S+ +\[[^\]]*\](?: \S+)? [\d-]+[ T]([\d:,]+) [^-]* - ([^]*)$/);
  return logback ? { stamp: logback[1], words: logback[2] } : { stamp: "", words: text };
}
