// The cells of a shelf: what a node holds, where each value came from and how old it is, and what nobody has told it.

import { el } from "./dom.js";
import { duration, instant } from "./format.js";

const fresh = 1_000_000; // microseconds after which the age bar of a memory cell is half empty
const most = 200; // cells of one shelf
const few = 8; // and in the lesson
const meterMost = 30; // segments

// In the order in which they matter to the story: what a master wants and what it needs for that come first.
const kinds = ["task", "replicas", "reported", "dirty", "server", "master", "table", "tablet", "replica"];

// grid lays the cells out in two columns, with the measure of what has been rebuilt; in brief only some of them, and no sources.
export function grid(cells, state, brief) {
  const sorted = cells.filter((c) => c.key !== "rebuilt").sort((a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : 1));
  const shown = sorted.slice(0, brief ? few : most);
  const rest = sorted.length - shown.length;
  return [el("div", { class: "cells" }, ...[meter(cells.find((c) => c.key === "rebuilt"))].filter(Boolean), ...shown.map((c) => cell(c, state, brief))),
    rest > 0 && el("p", { class: "more" }, `and ${rest} more${brief ? " under Node" : ""}`)].filter(Boolean);
}

function rank(c) {
  if (c.needed) return -1;
  const kind = kinds.indexOf(c.key.split("/")[0]);
  return kind < 0 ? kinds.length : kind;
}

const unknown = (c) => c.value === "" || c.value === "unknown";

// freshness is how full the age bar of a cell is, in percent: a logarithm, for beliefs age by milliseconds and seconds.
export function freshness(c, state) {
  return Math.round(100 * Math.max(0.03, 1 - Math.log10(1 + (9 * old(c, state)) / fresh) / 2));
}

const old = (c, state) => Math.max(0, state.at_us - c.since_us);

// age says how old a value is; of those that are not fresh tenths of seconds are enough.
export function age(c, state) {
  const us = old(c, state);
  if (us < fresh) return `${Math.round(us / 1000)} ms`;
  return us < 60e6 ? `${(us / 1e6).toFixed(1)} s` : duration(us);
}

function cell(c, state, brief) {
  const [, kind, name] = c.key.match(/^([a-z]+)\/(.*)$/s) ?? [];
  const hollow = unknown(c);
  const source = hollow ? ["never told"] : [`from ${c.from}, `, el("span", { class: "age-words" }, `${age(c, state)} ago`)];
  const wide = c.key.length + (hollow ? 1 : c.value.length) > 20;
  const look = ["cell", wide && "wide", hollow && "hollow", c.needed && "needed", !hollow && c.source_event === state.event && "new"].filter(Boolean).join(" ");
  const made = el("div", { class: look, title: `${hollow ? "unknown since" : "set by"} event ${c.source_event} at ${instant(c.since_us)}` },
    el("span", { class: "k" }, ...(name ? [el("small", {}, `${kind} `), el("span", { class: "name" }, name)] : [c.key]), c.needed && el("span", { class: "sr" }, ", needed now")),
    el("span", { class: "v" }, hollow ? "–" : c.value));
  if (c.shelf !== "memory") return made;
  if (!brief) made.append(el("span", { class: "from" }, ...source));
  if (hollow) return made;
  const bar = el("i");
  bar.style.width = `${freshness(c, state)}%`;
  made.append(el("span", { class: "age" }, bar));
  return made;
}

// meter tells how much of what was lost has been told again: "3 of 7 tablets".
function meter(rebuilt) {
  const [, known, of] = rebuilt?.value.match(/^(\d+) of (\d+)/) ?? [];
  if (!of) return false;
  const segments = Math.min(Number(of), meterMost);
  const on = Math.floor((known * segments) / of);
  return el("div", { class: "meter" }, `rebuilt ${known} of ${of}`,
    el("span", { "aria-hidden": "true" }, ...Array.from({ length: segments }, (_, i) => el("i", { class: i < on ? "on" : "" }))));
}
