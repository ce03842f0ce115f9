// The tabs of the side panel, with the keys that tabs have.

import { $ } from "./dom.js";

export class Tabs {
  constructor(app) {
    this.app = app;
    this.tabs = [...$("tabs").querySelectorAll("[role=tab]")];
    $("tabs").addEventListener("click", (e) => {
      const tab = e.target.closest("[role=tab]");
      if (tab) this.show(tab);
    });
    $("tabs").addEventListener("keydown", (e) => this.key(e));
  }

  show(tab) {
    for (const t of this.tabs) {
      const on = t === tab;
      t.setAttribute("aria-selected", String(on));
      t.tabIndex = on ? 0 : -1;
      $(t.getAttribute("aria-controls")).hidden = !on;
    }
    this.app.refresh();
  }

  // render leaves a tab that what is shown does not have.
  render() {
    const now = this.tabs.find((t) => t.getAttribute("aria-selected") === "true");
    if (now?.hidden) this.show(this.tabs[0]);
  }

  // open shows a tab by name, "node", and goes to a part of it.
  open(name, part) {
    this.show($(`tab-${name}`));
    if (part) $(`pane-${name}`).querySelector(part).focus();
  }

  key(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const at = this.tabs.indexOf(document.activeElement);
    const next = this.tabs[(at + by + this.tabs.length) % this.tabs.length];
    this.show(next);
    next.focus();
    event.preventDefault();
    event.stopPropagation();
  }
}
