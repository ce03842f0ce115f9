// The header: which scene, variant and seed, the clock, who leads, and the page's own buttons.

import { $, fill, el, options, setText, tag } from "./dom.js";
import { clock } from "./format.js";
import { applyTheme, currentTheme } from "./theme.js";

const narrow = matchMedia("(max-width: 700px)");

export class Header {
  constructor(app) {
    this.app = app;
    $("scene").addEventListener("change", (e) => app.openScene(e.target.value));
    $("variant").addEventListener("change", (e) => app.act({ type: "variant", variant: e.target.value }));
    $("seed").addEventListener("change", (e) => this.setSeed(e.target.value.trim()));
    $("share").addEventListener("click", () => this.share());
    $("theme").addEventListener("click", () => this.toggleTheme());
    $("help").addEventListener("click", () => app.keys.help());
  }

  setSeed(text) {
    if (!this.app.act({ type: "seed", seed: text })) $("seed").value = this.app.state().seed_text;
  }

  async share() {
    if (this.app.lesson.trace) return this.app.toast.say("There is no link to what was opened from files: they stay in this browser.");
    try {
      await navigator.clipboard.writeText(location.href);
      this.app.toast.say("Link to this instant copied.");
    } catch {
      this.app.toast.say("The address of the page is the link to this instant.");
    }
  }

  toggleTheme() {
    applyTheme(currentTheme() === "light" ? "dark" : "light");
    this.app.act({ type: "theme", theme: currentTheme() });
  }

  render(state, lesson) {
    const scenes = this.app.catalogue.map((s) => [s.id, s.heading]);
    options($("scene"), lesson.trace ? [["", lesson.heading], ...scenes] : scenes, lesson.trace ? "" : state.scene);
    const own = lesson.trace && lesson.recorded; // its variants are clusters, which have no names but what is in them
    const variants = lesson.trace && !lesson.recorded ? [[state.variant, state.variant || "–"]]
      : lesson.variants.map((v) => [v.id, own ? v.text : v.id.replaceAll("-", " "), v.text]);
    options($("variant"), variants, state.variant);
    $("variant").disabled = lesson.trace && lesson.variants.length < 2;
    $("variant").parentElement.hidden = own && lesson.variants.length < 2;
    $("variant").title = lesson.variants.find((v) => v.id === state.variant)?.text ?? "";
    $("seed").disabled = lesson.trace;
    $("seed").parentElement.hidden = lesson.recorded;
    if (document.activeElement !== $("seed")) $("seed").value = state.seed_text;
    setText($("clock"), state.wall ? state.wall.clock.slice(0, narrow.matches ? 8 : 15) : clock(state.at_us));
    setText($("date"), own && lesson.variants.length > 1 ? "" : state.wall?.date ?? ""); // the cluster's name has it
    $("raw").hidden = !(lesson.recorded && this.app.archive.report(lesson.import).raw_clocks);
    $("theme").setAttribute("aria-pressed", String(currentTheme() === "light"));
    document.title = `Tabletop · ${lesson.heading}`;
    this.leaders(state);
  }

  // leaders names who believes to lead: with two of them, that is the story.
  leaders(state) {
    const leading = state.nodes.filter((n) => n.role === "leader" && n.term != null).sort((a, b) => a.term - b.term);
    const highest = Math.max(0, ...state.nodes.map((n) => n.term ?? 0));
    const words = leading.map((n) => `${n.name} ${n.term} ${n.term < highest}`).join();
    if (words === this.words) return;
    this.words = words;
    fill($("leaders"), ...leading.map((n) => el("span", {}, tag(n.term), n.term < highest ? ` believed by ${n.name}` : ` led by ${n.name}`)));
  }
}
