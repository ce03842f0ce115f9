// Opening files of one's own: picked, a whole folder, dropped or pasted. They are read in this browser and sent nowhere.

import { $, el } from "./dom.js";

const mostFiles = 10000;

export class Opener {
  constructor(app) {
    this.app = app;
    $("open").addEventListener("click", () => this.show());
    document.addEventListener("dragover", (e) => e.preventDefault());
    document.addEventListener("drop", (e) => {
      e.preventDefault();
      this.dropped(e.dataTransfer);
    });
    document.addEventListener("paste", (e) => {
      const text = e.clipboardData?.getData("text") ?? "";
      if (!e.target.closest?.("input, textarea") && text.trim()) this.pasted(text);
    });
    $("opener").addEventListener("click", (e) => { // on what is behind it
      const { left, right, top, bottom } = $("opener").getBoundingClientRect();
      const inside = left <= e.clientX && e.clientX <= right && top <= e.clientY && e.clientY <= bottom;
      if (e.target === $("opener") && !inside) $("opener").close();
    });
    if (new URLSearchParams(location.hash.slice(1)).has("log")) this.show();
  }

  show() {
    const box = $("opener");
    const pick = (folder) => {
      const input = el("input", { type: "file", multiple: true, webkitdirectory: folder });
      input.addEventListener("change", () => {
        box.close();
        this.app.openFiles(input.files);
      });
      input.click();
    };
    const text = el("textarea", { rows: "5", "aria-label": "Paste log lines", placeholder: "or paste lines here, with the prose of a ticket and all", spellcheck: "false" });
    const close = el("button", { type: "button", class: "small-btn", onclick: () => box.close() }, "Close");
    box.replaceChildren(el("div", { class: "head" }, el("h2", {}, "Open"), close),
      el("p", {}, "Logs of Kudu, etcd or Cassandra, of one node or of all, packed or not; a client history beside them; a scene or a trace. Dropping them on the page does the same."),
      el("p", { class: "faults" },
        el("button", { type: "button", class: "small-btn main", onclick: () => pick(false) }, "Files…"),
        el("button", { type: "button", class: "small-btn", onclick: () => pick(true) }, "A folder…")),
      text,
      el("div", { class: "foot" }, el("span", { class: "small muted" }, "They stay in this browser: nothing is sent anywhere."),
        el("button", { type: "button", class: "small-btn", disabled: true, onclick: () => this.pasted(text.value) }, "Read the text")));
    text.addEventListener("input", () => (box.querySelector(".foot button").disabled = !text.value.trim()));
    box.showModal();
  }

  pasted(text) {
    $("opener").close();
    this.app.openFiles([new File([text], "pasted text")]);
  }

  // dropped opens files, and all files in folders, that were dropped.
  async dropped(data) {
    $("opener").close();
    const entries = [...(data.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.some((e) => e.isDirectory)) return this.app.openFiles(data.files);
    const files = [];
    try {
      for (const entry of entries) await walk(entry, "", files);
    } catch (error) {
      this.app.toast.alert(`The folder cannot be read: ${error.message}`);
    }
    this.app.openFiles(files);
  }
}

async function walk(entry, path, files) {
  if (files.length >= mostFiles) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    files.push(new File([file], path + file.name));
    return;
  }
  const reader = entry.createReader();
  for (;;) { // a browser gives a hundred at a time
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const e of some) await walk(e, `${path}${entry.name}/`, files);
  }
}
