// The caption: one sentence, spoken by screen readers when it changes. A stop that did not occur is struck through.

import { $, el, fill, setText, withTags } from "./dom.js";

export class Caption {
  render(state, lesson) {
    setText($("stop-number"), `${state.step}/${state.steps}`);
    const stop = lesson.stops[state.step - 1];
    const missed = stop && !stop.occurred;
    const words = missed ? `${stop.caption}\n${stop.instead}` : state.caption;
    if (words !== this.words) {
      this.words = words;
      $("caption").className = missed ? "missed" : words.length > 160 ? "longest" : words.length > 80 ? "longer" : words.length > 72 ? "long" : "";
      $("caption").title = words.length > 80 ? words : "";
      if (missed) fill($("caption"), el("s", {}, ...withTags(stop.caption, lesson.nodes)), el("span", { class: "instead" }, ...withTags(stop.instead, lesson.nodes)));
      else fill($("caption"), ...withTags(state.caption, lesson.nodes));
    }
    setText($("twin"), state.twin);
  }
}
