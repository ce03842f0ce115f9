// The switches of a scene: variant, seed and settings, each with the words of the scene file.

import { $, el, fill } from "./dom.js";

export class SetupPane {
  constructor(app) {
    this.app = app;
    this.pane = $("pane-setup");
  }

  render(state, lesson) {
    if (lesson.version === this.version) return;
    this.version = lesson.version;
    fill(this.pane,
      el("h2", {}, "Setup"),
      ...(lesson.trace ? this.finished(lesson) : this.switches(lesson)),
      el("p", { class: "faults" },
        el("button", { type: "button", class: "small-btn", "data-key": "open-file", onclick: () => this.app.opener.show() }, "Open logs, a scene or a trace…"),
        el("button", { type: "button", class: "small-btn phone-only", onclick: () => $("theme").click() }, "Theme"),
        el("button", { type: "button", class: "small-btn phone-only", onclick: () => $("share").click() }, "Copy link")),
    );
  }

  finished(lesson) {
    return [el("p", { class: "small muted" }, `${lesson.file} is a finished trace: it has its variant, seed and settings already, and takes no commands.`)];
  }

  switches(lesson) {
    return [
      el("p", { class: "small muted" }, "Change one switch and the run is computed again from its start."),
      el("h3", { id: "variants" }, "Variant"),
      el("ul", { class: "choices", role: "radiogroup", "aria-labelledby": "variants" }, ...lesson.variants.map((v) => this.variant(v, lesson))),
      lesson.settings.length ? el("h3", {}, "Settings") : null,
      ...lesson.settings.map((s) => this.setting(s)),
    ];
  }

  variant(v, lesson) {
    const input = el("input", { type: "radio", name: "variant-choice", value: v.id, checked: v.id === lesson.variant, "data-key": `variant-${v.id}`,
      onchange: () => this.app.act({ type: "variant", variant: v.id }) });
    return el("li", {}, el("label", {}, input, el("span", {}, v.text, el("span", { class: "small" }, ` · ${v.outcome}`))));
  }

  setting(s) {
    const id = `set-${s.key}`;
    const change = (e) => this.app.act({ type: "set", key: s.key, value: e.target.value });
    const common = { id, "data-key": id, "aria-describedby": `${id}-help`, class: s.value === s.default ? "" : "changed", onchange: change };
    const choices = s.type === "bool" ? ["false", "true"] : s.values;
    let input;
    if (choices?.length) {
      input = el("select", common, ...choices.map((v) => el("option", { value: v }, v)));
      input.value = s.value;
    } else {
      input = el("input", { ...common, value: s.value, autocomplete: "off", spellcheck: "false", inputmode: s.type === "int" ? "numeric" : "text" });
    }
    return el("div", { class: "field" }, el("label", { class: "key", for: id }, s.key), input,
      el("span", { class: "help", id: `${id}-help` }, s.help));
  }
}
