// What can be done to a node by hand: as a menu at the node, and as buttons in the side panel.

import { $, el } from "./dom.js";

// faultsOf lists the verbs with the state of the process in which each makes sense; in a finished trace none does.
export function faultsOf(node, state) {
  const is = state.trace ? "" : node.process;
  return [
    { verb: "pause", name: "Pause", key: "P", on: is === "running" },
    { verb: "resume", name: "Resume", key: "P", on: is === "paused" },
    { verb: "crash", name: "Crash", key: "X", on: is === "running" || is === "paused" },
    { verb: "restart", name: "Restart", key: "X", on: is === "crashed" },
  ];
}

export class Menu {
  constructor(app) {
    this.app = app;
    this.box = $("menu");
    this.box.addEventListener("keydown", (e) => this.key(e));
    document.addEventListener("pointerdown", (e) => {
      if (!this.box.contains(e.target)) this.close();
    });
  }

  open(id, x, y) {
    this.node = id;
    this.from = document.activeElement;
    this.box.hidden = false;
    this.shown = undefined;
    this.render(this.app.state());
    const { width, height } = this.box.getBoundingClientRect();
    const { right, bottom } = $("stage").getBoundingClientRect(); // the caption below it stays readable
    this.box.style.left = `${Math.max(8, x + 24 + width > right ? x - width - 48 : x + 24)}px`;
    this.box.style.top = `${Math.max(8, Math.min(y + 8, bottom - height - 8))}px`;
    this.box.querySelector("button:not(:disabled)")?.focus();
  }

  close() {
    if (this.box.hidden) return;
    const inside = this.box.contains(document.activeElement);
    this.box.hidden = true;
    if (inside) (this.from?.isConnected ? this.from : $("stage")).focus();
  }

  render(state) {
    if (this.box.hidden) return;
    const node = state.nodes.find((n) => n.id === this.node);
    if (!node) return this.close();
    const shown = `${node.id} ${node.process}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.box.setAttribute("aria-label", `Faults of ${node.name}`);
    this.box.replaceChildren(
      el("div", { class: "title" }, el("b", {}, node.name), ` is ${node.process}`),
      ...faultsOf(node, state).map((f) => el("button", { role: "menuitem", type: "button", disabled: !f.on, "data-verb": f.verb,
        onclick: () => this.run(`${f.verb} ${node.id}`) }, f.name, el("kbd", {}, f.key))),
    );
  }

  run(text) {
    this.close();
    this.app.act({ type: "command", text });
  }

  key(event) {
    const items = [...this.box.querySelectorAll("button:not(:disabled)")];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") this.close();
    else if (to !== undefined) items[(to + items.length) % items.length]?.focus();
    else return;
    event.stopPropagation();
    if (event.key !== "Tab") event.preventDefault();
  }
}
