// The quiz: what a scene asks at a stop, and what the run then decides. It never holds anybody up, and keeps no score.

import { el, fill, paragraphs, withTags } from "./dom.js";

export class Quiz {
  constructor(app, pane) {
    this.app = app;
    this.pane = pane;
    this.box = el("div", { class: "quiz", "aria-live": "polite" });
    this.guesses = new Map(); // of the run that is shown, by the stop that asks
  }

  render(state, lesson) {
    if (lesson.version !== this.version) this.guesses.clear();
    this.version = lesson.version;
    const asked = lesson.trace ? [] : state.questions.filter((q) => q.stop <= state.step && state.step <= Math.max(q.stop, answerStop(q, lesson)));
    const decided = (q) => state.event >= q.event;
    const shown = JSON.stringify([lesson.version, state.step, asked.map((q) => [q.stop, decided(q)])]);
    if (shown === this.shown) return;
    this.shown = shown;
    const held = this.box.contains(document.activeElement);
    fill(this.box, ...asked.flatMap((q) => (decided(q) ? this.answer(q, lesson) : this.question(q, lesson))));
    this.pane.classList.toggle("asking", asked.length > 0);
    if (held && !this.box.contains(document.activeElement)) this.pane.focus();
  }

  // reveal brings what is asked into view, where the lesson's text leaves it no room.
  reveal() {
    if (this.box.firstChild) this.box.scrollIntoView({ block: "nearest" });
  }

  // question offers the options, as a group of radio buttons. Enter goes on; arrows choose.
  question(q, lesson) {
    const id = `ask-${q.stop}`;
    return [
      el("p", { class: "lead", id }, el("span", { class: "k" }, "What do you expect?"), ...withTags(q.text, lesson.nodes)),
      el("fieldset", { role: "radiogroup", "aria-labelledby": id, "aria-live": "off", onkeydown: (e) => this.enter(e) },
        ...q.options.map((o, i) => el("label", {},
          el("input", { type: "radio", name: id, value: i, "data-key": `${id}-${i}`, checked: this.guesses.get(q.stop) === i,
            onchange: () => this.guesses.set(q.stop, i) }),
          el("span", {}, ...withTags(o.text, lesson.nodes))))),
    ];
  }

  enter(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    this.app.act({ type: "step" });
  }

  // answer tells what the run has done, beside what the viewer expected.
  answer(q, lesson) {
    const guess = this.guesses.get(q.stop);
    const verdict = q.answer === null ? "This run does not decide it." : guess === undefined ? "Here is the answer." : guess === q.answer ? "As you expected." : "Not what you expected.";
    const words = (i) => withTags(q.options[i].text, lesson.nodes);
    return [
      el("p", { class: "lead" }, el("span", { class: "k" }, ...withTags(q.text, lesson.nodes)), verdict),
      el("dl", {},
        ...(guess !== undefined && guess !== q.answer ? [el("dt", {}, "You"), el("dd", { class: "off" }, ...words(guess))] : []),
        ...(q.answer !== null ? [el("dt", {}, "This run"), el("dd", {}, ...words(q.answer))] : [])),
      q.answer === null && el("p", { class: "small muted" }, "None of the answers came true, or more than one did."),
      ...paragraphs(q.because, lesson.nodes),
    ];
  }
}

// answerStop is the stop at which the answer is known, the last one if that comes later.
function answerStop(q, lesson) {
  const i = lesson.stops.findIndex((s) => s.event >= q.event);
  return i < 0 ? lesson.stops.length : i + 1;
}
