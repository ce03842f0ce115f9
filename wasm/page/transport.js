// Buttons, step unit, speed and branch.

import { $, options, setText } from "./dom.js";

export class Transport {
  constructor(app) {
    this.app = app;
    for (const id of ["step", "back", "play", "stop", "reset"]) {
      $(id).addEventListener("click", () => app.act({ type: id }));
    }
    $("unit").addEventListener("change", (e) => app.act({ type: "unit", unit: e.target.value }));
    $("speed").addEventListener("input", (e) => app.act({ type: "speed", slider: (Number(e.target.value) + 3) / 6 }));
    $("branch").addEventListener("change", (e) => app.act({ type: "branch", id: e.target.value }));
    $("pace").addEventListener("click", () => this.openTempo());
  }

  openTempo() {
    const open = $("tempo").classList.toggle("open");
    $("pace").setAttribute("aria-expanded", String(open));
  }

  render(state, lesson) {
    const atStart = state.event < 0 && state.at_us === 0;
    $("step").disabled = state.at_end;
    $("back").disabled = $("reset").disabled = atStart;
    $("play").disabled = state.playing;
    $("stop").disabled = !state.playing;
    this.keepFocus();
    options($("unit"), lesson.units.map((u) => [u, u]), state.unit);
    $("speed").disabled = false;
    if (document.activeElement !== $("speed")) $("speed").value = state.slider * 6 - 3;
    $("speed").setAttribute("aria-valuetext", state.speed_words);
    for (const id of ["speed-words", "pace-speed"]) setText($(id), state.speed_words);
    setText($("pace-unit"), lesson.trace ? "" : "Stop"); // a trace has thousands of events, and a phone no room
    setText($("pace-stop"), lesson.trace ? `${state.step}/${state.steps}` : `${state.step} of ${state.steps}`);
    $("branch").parentElement.hidden = lesson.trace || lesson.recorded; // in which nothing can be commanded
    options($("branch"), state.branches.map((b) => [b.id, b.name]), state.branch);
  }

  // keepFocus hands the focus on when the button that had it is switched off: Play becomes Stop under the finger.
  keepFocus() {
    const had = document.activeElement;
    if (!had?.disabled) return;
    const next = { play: "stop", stop: "play", step: "back", back: "step", reset: "step" }[had.id];
    if (next) $(next).focus();
  }
}
