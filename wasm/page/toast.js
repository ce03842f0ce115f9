// Short messages above the transport: errors, copied links, and the way back from a branch.

import { $, el } from "./dom.js";

const shown = 8000; // ms, long enough to read and to reach the button

export class Toast {
  constructor(app) {
    this.app = app;
  }

  say(text, action) {
    const box = $("toast");
    clearTimeout(this.timer);
    this.undoes = action?.name === "Undo";
    this.more = el("span", { "aria-hidden": "true" });
    box.replaceChildren(el("span", {}, el("span", { role: "status" }, text), this.more));
    if (action) box.append(el("button", { type: "button", onclick: action.run }, action.name));
    box.hidden = false;
    this.later();
  }

  // progress changes what stands behind the words, and nothing else: the button stays under the finger.
  progress(text) {
    this.more.textContent = text;
    clearTimeout(this.timer);
    this.later();
  }

  later() {
    this.timer = setTimeout(() => this.hide(), shown);
  }

  hide() {
    $("toast").hidden = true;
  }

  alert(text) {
    $("alert").hidden = false;
    $("alert").textContent = text;
    clearTimeout(this.alarm);
    this.alarm = setTimeout(() => this.clear(), 2 * shown);
  }

  clear() {
    $("alert").hidden = true;
  }

  render(state) {
    const branches = state.branches.length;
    if (this.branches !== undefined && branches > this.branches && state.branch !== "main") {
      const name = state.branches.find((b) => b.id === state.branch)?.name;
      this.say(`Branch: ${name}. The original is kept.`, { name: "Undo", run: () => this.undo() });
    }
    if (this.undoes && state.branch === "main") $("toast").hidden = true; // there is nothing to undo any more
    this.branches = branches;
  }

  undo() {
    $("toast").hidden = true;
    this.app.act({ type: "undo" });
  }
}
