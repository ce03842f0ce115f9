// The census: how many of seeds 1 to 1000 end as this run does, counted in small slices while nothing moves.

import { $, setText } from "./dom.js";

export class Census {
  constructor(app) {
    this.app = app;
    this.playing = false;
    setTimeout(() => this.slice(), 1500); // the first steps come first
  }

  render(state, lesson) {
    this.playing = state.playing;
    if (lesson.version === this.version) return;
    this.version = lesson.version;
    this.show(null);
    this.again(200);
  }

  again(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.slice(), ms);
  }

  slice() {
    if (this.app.stopped) return;
    if (this.playing || document.hidden || this.app.archive.busy) return this.again(500);
    const count = JSON.parse(this.app.go.count());
    this.show(count);
    if (count && count.done < count.of) this.again(24);
  }

  show(count) {
    const all = count && count.done === count.of;
    setText($("census"), count ? `${count.same} of ${count.done} end so` : "");
    $("census").title = count ? `${count.same} of seeds 1–${count.done} end ${count.outcome}, as this one does. ${count.settings}` : "";
    $("census").classList.toggle("counting", !all);
    const line = $("census-line");
    if (line) setText(line, count ? `${count.same} of seeds 1–${count.done}${all ? "" : " so far"} end ${count.outcome}, as this one does: ${count.settings}.` : "");
  }
}
