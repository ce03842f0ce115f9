// Stage and lanes as the DOM sees them: clicks select nodes, open their menu or go to an instant; the picture itself is
// drawn by the simulator.

import { $, setText } from "./dom.js";
import { instant } from "./format.js";
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
    this.lanes = new Lanes(app);
    const sizes = new ResizeObserver(() => this.resized());
    for (const part of [$("picture"), this.box, this.lanes.box]) sizes.observe(part);
    if (!app.host.webgl) this.notice("No WebGL 2 here: the stage is drawn by the processor, ten times a second at most.");
  }

  // resized tells how large the canvas is, and where stage and lanes lie on it.
  resized() {
    const canvas = $("picture").getBoundingClientRect();
    const place = (part) => {
      const { x, y, width, height } = part.getBoundingClientRect();
      return { x: x - canvas.x, y: y - canvas.y, w: width, h: height };
    };
    this.app.call({ type: "size", width: canvas.width, height: canvas.height, ratio: window.devicePixelRatio || 1, stage: place(this.box), lanes: place(this.lanes.box) });
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
    if (node) this.offer(node, event.clientX, event.clientY);
  }

  // openSelected opens the menu of the selected node from the keyboard.
  openSelected() {
    const state = this.app.state();
    const node = state.nodes.find((n) => n.id === state.selected);
    const box = this.box.getBoundingClientRect();
    if (node) this.offer(node.id, box.left + node.x, box.top + node.y);
  }

  // offer opens the menu of a node, where there is something that can be done to it.
  offer(node, x, y) {
    if (!this.app.finished) this.menu.open(node, x, y);
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

  render(state, lesson) {
    this.lanes.render(state, lesson);
    const label = `Stage: ${state.nodes.map((n) => n.name).join(", ")}`;
    if (this.box.getAttribute("aria-label") !== label) this.box.setAttribute("aria-label", label);
    this.menu.render(state);
  }
}

// Lanes: the wheel magnifies about the pointer, a drag moves, a click goes to an instant or selects a node by its name, a
// double click shows the whole run.
class Lanes {
  constructor(app) {
    this.app = app;
    this.box = $("lanes");
    this.box.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    this.box.addEventListener("pointerdown", (e) => this.grab(e));
    this.box.addEventListener("pointermove", (e) => this.drag(e));
    this.box.addEventListener("pointerup", (e) => this.drop(e));
    this.box.addEventListener("pointercancel", () => (this.held = undefined));
    this.box.addEventListener("dblclick", () => app.act({ type: "zoom" }));
  }

  // under returns the id of a node or an instant.
  under(event) {
    const canvas = $("picture").getBoundingClientRect();
    return this.app.go.lane(event.clientX - canvas.x, event.clientY - canvas.y);
  }

  wheel(event) {
    event.preventDefault();
    const at = this.under(event);
    const step = event.deltaMode ? 0.05 : 0.002;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan(event.deltaX || event.deltaY);
    else this.app.act({ type: "zoom", factor: Math.exp(-step * event.deltaY), at_us: typeof at === "number" ? at : undefined });
  }

  pan(pixels) {
    const names = 120; // the pixels beside the lanes
    this.app.act({ type: "zoom", by: pixels / (this.box.clientWidth - names) });
  }

  grab(event) {
    if (event.button !== 0) return;
    this.held = event.clientX;
    this.moved = false;
    this.box.setPointerCapture(event.pointerId);
  }

  drag(event) {
    if (this.held === undefined || (!this.moved && Math.abs(event.clientX - this.held) < 4)) return;
    this.moved = true;
    this.pan(this.held - event.clientX);
    this.held = event.clientX;
  }

  drop(event) {
    const click = this.held !== undefined && !this.moved;
    this.held = undefined;
    if (!click) return;
    const at = this.under(event);
    this.app.act(typeof at === "number" ? { type: "seek", at_us: at } : { type: "select", node: at });
  }

  render(state, lesson) {
    if (lesson.version !== this.version) {
      this.version = lesson.version;
      document.body.style.setProperty("--lanes", `max(172px,min(${lesson.lanes_height}px,100dvh - 553px))`);
      setText($("lanes-twin"), lesson.lanes_text);
    }
    const label = `Lanes: time to the right, one row for each node, from ${instant(state.lanes.from_us)} to ${instant(state.lanes.to_us)}`;
    if (this.box.getAttribute("aria-label") !== label) this.box.setAttribute("aria-label", label);
  }
}
