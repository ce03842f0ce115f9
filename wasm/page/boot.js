// The first script of the page: it defines window.tabletop at once, then loads the simulator and hands over to the app.

import { $ } from "./dom.js";
import { addFonts } from "./fonts.js";
import { load } from "./load.js";
import { applyTheme } from "./theme.js";

let app;
let opened, failed;
const ready = new Promise((resolve, reject) => {
  opened = resolve;
  failed = reject;
});
ready.catch(() => {}); // told on the page; scripts that wait for ready get their own rejection

const waiting = { source: "simulation", scene: "", variant: "", step: 0, steps: 0, event: -1, events: 0, at_us: 0,
  playing: false, caption: "", nodes: [], operations: [], findings: [], error: "" };

window.tabletop = {
  ready,
  state: () => (app ? app.state() : { ...waiting }),
  do: async (x) => {
    await ready;
    return app.perform(x);
  },
};

applyTheme();

async function start() {
  try {
    const extra = extraScenes();
    const code = import("./app.js");
    code.catch(() => {}); // told below, when the simulator has come
    const go = await load(showProgress);
    const [{ App }] = await Promise.all([code, addFonts(go)]);
    app = new App(go);
    await app.start(await extra);
    performance.mark("interactive");
    opened();
  } catch (error) {
    waiting.error = String(error?.message ?? error);
    showFailure(waiting.error);
    failed(error instanceof Error ? error : new Error(waiting.error));
  }
}

// extraScenes reads the scene files that the server was given; a site without the list has none.
async function extraScenes() {
  try {
    const list = await (await fetch("extra/scenes.json")).json();
    return await Promise.all(list.map(async ({ name, url }) => ({ name, text: await (await fetch(url)).text() })));
  } catch {
    return [];
  }
}

function showProgress(share, words) {
  $("loading").textContent = words;
  if (share == null) $("progress").removeAttribute("value");
  else $("progress").value = Math.round(100 * share);
}

function showFailure(why) {
  app = undefined;
  document.body.classList.add("starting");
  $("first").hidden = false;
  $("load").classList.add("failed");
  $("loading").textContent = `The simulator did not start: ${why}`;
}

start();
