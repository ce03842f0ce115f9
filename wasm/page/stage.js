// The stage as the DOM sees it: clicks select nodes and open their menu; the picture itself is drawn by the simulator.

import { $, setText } from "./dom.js";
import { Menu } from "./menu.js";

export class Stage {
  constructor(app) {
    this.app = app;
    this.box = $("stage");
    this.menu = new Menu(app);
    this.box.addEventListener("click", (e) => this.click(e));
    this.box.addEventListener("pointermove", (e) => this.hover(e));
    this.box.addEventListener("stagelost", () => this.lost());
    this.box.addEventListener("keydown", (e) => (this.entered = e.key === "Enter"));
    this.box.addEventListener("keyup", (e) => { // on the way down, the same key would press the menu's first button
      if (e.key === "Enter" && this.entered) this.openSelected();
      this.entered = false;
    });
    document.addEventListener("dragover", (e) => e.preventDefault());
    document.addEventListener("drop", (e) => {
      e.preventDefault();
      app.openFiles(e.dataTransfer.files);
    });
    new ResizeObserver(() => this.resized()).observe(this.box);
    if (!app.host.webgl) this.notice("No WebGL 2 here: the stage is drawn by the processor, ten times a second at most.");
  }

  resized() {
    this.app.call({ type: "size", width: this.box.clientWidth, height: this.box.clientHeight, ratio: window.devicePixelRatio || 1 });
  }

  hit(event) {
    const box = this.box.getBoundingClientRect();
    return this.app.go.hit(event.clientX - box.left, event.clientY - box.top);
  }

  hover(event) {
    this.box.classList.toggle("over", this.hit(event) !== "");
  }

  click(event) {
    const node = this.hit(event);
    this.app.act({ type: "select", node });
    this.menu.close();
    if (node) this.menu.open(node, event.clientX, event.clientY);
  }

  // openSelected opens the menu of the selected node from the keyboard.
  openSelected() {
    const state = this.app.state();
    const node = state.nodes.find((n) => n.id === state.selected);
    const box = this.box.getBoundingClientRect();
    if (node) this.menu.open(node.id, box.left + node.x, box.top + node.y);
  }

  // lost: the browser took the graphics away. The place is in the address; nothing reloads by itself.
  lost() {
    this.notice("The browser took the stage's graphics away. Text and controls go on; reload to draw again.");
  }

  notice(text) {
    let line = this.box.querySelector(".notice.state");
    if (!line) {
      line = document.createElement("p");
      line.className = "notice state";
      this.box.append(line);
    }
    setText(line, text);
  }

  render(state) {
    const label = `Stage: ${state.nodes.map((n) => n.name).join(", ")}`;
    if (this.box.getAttribute("aria-label") !== label) this.box.setAttribute("aria-label", label);
    this.menu.render(state);
  }
}
