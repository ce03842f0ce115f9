// The page as a whole: it passes intents to the simulator, and shows what the simulator says.

import { $, el } from "./dom.js";
import { Header } from "./header.js";
import { Caption } from "./caption.js";
import { Transport } from "./transport.js";
import { Tape } from "./tape.js";
import { Stage } from "./stage.js";
import { Tabs } from "./tabs.js";
import { LessonPane } from "./lessonpane.js";
import { NodePane } from "./nodepane.js";
import { ChecksPane } from "./checkspane.js";
import { SetupPane } from "./setuppane.js";
import { Census } from "./census.js";
import { Opener } from "./opener.js";
import { LogPane } from "./logpane.js";
import { FilesPane } from "./filespane.js";
import { Archive, isLog } from "./archive.js";
import { Keys } from "./keys.js";
import { Toast } from "./toast.js";
import { readHash, writeHash } from "./hash.js";
import { currentTheme } from "./theme.js";

export class App {
  constructor(go) {
    this.go = go;
    this.host = globalThis.tabletopHost;
    this.catalogue = [];
    this.dirty = false;
    this.archive = new Archive(go);
  }

  async start(extra) {
    const problems = this.offer(extra);
    this.call({ type: "theme", theme: currentTheme() });
    this.call({ type: "motion", reduced: this.host.reduced });
    this.tabs = new Tabs(this);
    this.toast = new Toast(this);
    this.keys = new Keys(this);
    this.opener = new Opener(this);
    this.parts = [new Header(this), new Caption(this), new Tape(this), new Transport(this), new Stage(this),
      new LessonPane(this), new NodePane(this), new ChecksPane(this), new SetupPane(this), new LogPane(this), new FilesPane(this),
      new Census(this), this.tabs, this.toast];
    await this.restore(problems);
    this.host.onChange = () => this.schedule();
    this.host.onFailure = (why) => this.broken(why);
    window.addEventListener("hashchange", () => this.followLink());
    document.body.classList.remove("starting");
    $("first").hidden = true;
    this.refresh();
    await this.painted();
  }

  // offer adds scene files to the catalogue and returns what is wrong with them.
  offer(files) {
    const problems = [];
    for (const file of files) {
      try {
        this.call({ type: "offer", files: [file] });
      } catch (error) {
        problems.push(error.message);
      }
    }
    return problems;
  }

  // restore opens what the address names. What cannot be done is told, and dropped from the address.
  async restore(told) {
    this.catalogue = JSON.parse(this.go.catalogue());
    const { open, seek, problems } = readHash(location.hash);
    problems.unshift(...told);
    try {
      open.logs = await this.logsOf(open);
    } catch (error) {
      problems.push(error.message);
    }
    const tries = [open];
    if (open.acts) tries.push({ ...open, acts: undefined });
    if (!this.lesson) tries.push({}); // something must be shown
    const done = tries.find((x) => {
      try {
        this.call({ type: "open", ...x });
        return true;
      } catch (error) {
        if (!problems.includes(error.message)) problems.push(error.message);
        return false;
      }
    });
    if (done?.scene === open.scene && done?.file === open.file && seek) {
      try {
        this.call({ type: "seek", ...seek });
      } catch (error) {
        problems.push(error.message);
      }
    }
    this.catalogue = JSON.parse(this.go.catalogue());
    if (problems.length) this.toast.alert(problems.join(" · "));
  }

  // followLink opens a link pasted into this tab.
  followLink() {
    if (location.hash === this.hash) return;
    if (new URLSearchParams(location.hash.slice(1)).has("log")) { // what is shown stays until something is opened
      history.replaceState(null, "", this.hash);
      this.opener.show();
      return;
    }
    this.restore([]).then(() => this.refresh());
  }

  call(x) {
    const answer = JSON.parse(this.go.call(JSON.stringify(x)));
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  // logsOf has the worker read the logs of a recorded scene, if that is what an intent opens.
  async logsOf(x) {
    const entry = x.type && x.type !== "open" ? undefined : this.catalogue.find((s) => s.id === x.scene);
    if (entry?.kind !== "recorded" || x.logs) return x.logs;
    return this.archive.recorded(entry.id);
  }

  // openScene opens a scene of the list.
  async openScene(scene) {
    const left = this.lesson.recorded && this.lesson.trace ? this.archive.last : undefined;
    await this.attempt(async () => {
      this.archive.cancel();
      await this.show({ type: "open", scene, logs: await this.logsOf({ scene }) });
      if (left) this.toast.say(`Put aside: ${left.name}.`, { name: "Back to it", run: () => this.reopen(left) });
    });
  }

  // reopen reads logs that were left once more.
  reopen(wish) {
    return this.attempt(async () => this.show({ type: "open", logs: await this.reading(wish.name, (progress) => this.archive.read(wish, progress)) }));
  }

  // attempt tells why something could not be done, unless it was given up by hand.
  async attempt(work) {
    try {
      await work();
    } catch (error) {
      if (!error.cancelled) this.toast.alert(error.message);
      this.refresh();
    }
  }

  // show opens something large, with a breath between the simulator's work and the page's.
  async show(x) {
    this.call(x);
    await breath();
    this.toast.clear();
    this.refresh();
  }

  // correct has the logs that are shown read again, with their clocks corrected or as they stand, and stays at the place.
  async correct(on) {
    const { scene, variant, at_us } = this.state();
    const { request, name, files } = this.archive.last;
    await this.attempt(async () => {
      const logs = await this.reading(name, (progress) => this.archive.read({ request: { ...request, raw_clocks: !on }, name, files }, progress));
      await this.show({ type: "open", scene: scene || undefined, variant: scene ? variant : undefined, logs });
      if (!scene) this.call({ type: "variant", variant });
      this.act({ type: "seek", at_us: Math.min(at_us, this.lesson.end_us) });
    });
  }

  // openLogs has the worker read files, which may take a while, and shows what they tell.
  async openLogs(files) {
    const name = files.length === 1 ? files[0].name : `${files.length} files`;
    return this.reading(name, (progress) => this.archive.open(name, files, progress));
  }

  // reading shows how far the worker is, and lets it be stopped.
  async reading(name, read) {
    this.toast.say(`Reading ${name}`, { name: "Cancel", run: () => this.archive.cancel() });
    try {
      return await read((done, all) => this.toast.progress(`: ${Math.round((100 * done) / Math.max(all, 1))} %`));
    } finally {
      if (!this.archive.busy) this.toast.hide();
    }
  }

  // act is what buttons and keys do: movements are shown, errors too.
  act(x) {
    try {
      const answer = this.call({ ...x, animate: true });
      this.toast.clear();
      this.refresh();
      return answer;
    } catch (error) {
      this.toast.alert(error.message);
      this.refresh();
      return undefined;
    }
  }

  // openFiles opens scene files that were picked or dropped.
  async openFiles(list) {
    try {
      const all = [...list];
      if (!all.length) return;
      const logs = await Promise.all(all.map(isLog));
      if (logs.includes(true)) {
        await this.show({ type: "open", logs: await this.openLogs(all.map((f) => ({ name: f.webkitRelativePath || f.name, blob: f }))) });
        return;
      }
      this.act({ type: "open", files: await Promise.all(all.map(async (f) => ({ name: f.name, text: await f.text() }))) });
    } catch (error) { // a directory, a file that is gone, or no log
      if (!error.cancelled) this.toast.alert(error instanceof DOMException ? `The file cannot be read: ${error.message}` : error.message);
    }
  }

  // perform is window.tabletop.do: movements are complete when it resolves.
  async perform(x) {
    try {
      const intent = await this.prepared(x);
      this.call(intent);
      if (intent?.logs) await breath();
    } finally {
      this.refresh();
      await this.painted();
    }
    return this.state();
  }

  // prepared turns what a script passes to do() into an intent; logs are read first.
  async prepared(x) {
    const whole = (f) => typeof f?.name === "string" && fileBytes(f) !== undefined;
    if (x?.type === "open" && Array.isArray(x.files) && x.files.length && x.files.every(whole)) {
      const files = x.files.map((f) => ({ name: f.name, blob: new Blob([fileBytes(f)]) }));
      if ((await Promise.all(files.map((f) => isLog(f.blob)))).includes(true)) return { type: "open", logs: await this.openLogs(files) };
    }
    const intent = plain(x);
    const logs = intent?.type === "open" ? await this.logsOf(intent) : undefined;
    return logs ? { ...intent, logs } : intent;
  }

  state() {
    return JSON.parse(this.go.state());
  }

  // finished: what is shown has happened, and takes no commands.
  get finished() {
    return this.lesson.trace || this.lesson.recorded;
  }

  // schedule refreshes the DOM once before the next paint, however often the simulator reports a change.
  schedule() {
    if (this.dirty) return;
    this.dirty = true;
    requestAnimationFrame(() => {
      this.dirty = false;
      this.refresh();
    });
  }

  refresh() {
    const state = JSON.parse(this.go.place());
    if (state.version !== this.lesson?.version) {
      this.lesson = JSON.parse(this.go.lesson());
      this.evidence = undefined;
      const names = new Set(state.nodes.map((n) => n.name));
      const own = this.lesson.recorded && this.lesson.trace; // a table t1398 of somebody's logs is no term
      this.lesson.nodes = { has: (word) => names.has(word) || (own && !word.includes("-")) };
      this.catalogue = JSON.parse(this.go.catalogue());
    }
    for (const part of this.parts) part.render(state, this.lesson);
    document.body.classList.toggle("playing", state.playing);
    if (!state.playing && !state.moving) {
      this.hash = writeHash(state, this.lesson);
      if (location.hash !== this.hash) history.replaceState(null, "", this.hash);
    }
  }

  // painted resolves after the next paint, or soon in a hidden tab, where nothing is painted.
  painted() {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, 400);
      requestAnimationFrame(() => requestAnimationFrame(() => {
        clearTimeout(late);
        resolve();
      }));
    });
  }

  // broken shows why the simulator ended; the place in the address survives a reload.
  broken(why) {
    this.stopped = true;
    this.toast.alert(`The simulator stopped: ${why}. Reload the page to go on from here.`);
    $("stage").append(el("p", { class: "notice" }, "Stopped. The address still holds this place."));
  }
}

// breath lets the browser do what waits, so that long work is cut where it can be.
const breath = () => new Promise((resolve) => setTimeout(resolve));

// plain turns what a script passes to do() into plain values; what they mean is judged by the simulator.
function plain(x) {
  try {
    const files = Array.isArray(x?.files) ? { files: x.files.map(fileText) } : {};
    return JSON.parse(JSON.stringify(x && typeof x === "object" && !Array.isArray(x) ? { ...x, ...files } : null));
  } catch { // a value that contains itself, or one that has no form as text
    throw new Error("do: plain values are expected: text, numbers, true or false, lists and objects");
  }
}

// fileText decodes a file's bytes.
function fileText(file) {
  const { name, text } = file ?? {};
  if (typeof text === "string") return { name, text };
  const data = fileBytes(file);
  return { name, text: data && new TextDecoder().decode(data) };
}

// fileBytes returns a file's bytes: of any kind of array, or a list of numbers; or its text.
function fileBytes(file) {
  const { bytes, text } = file ?? {};
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (Array.isArray(bytes) || Object.prototype.toString.call(bytes) === "[object ArrayBuffer]") return new Uint8Array(bytes);
  return text;
}
