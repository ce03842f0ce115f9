// Long lists, a page at a time: logs may have ten thousand findings, and thousands of clients.

import { el } from "./dom.js";
import { thousands } from "./format.js";

const most = 200;

export class Pages {
  // turned is called when another page is wanted.
  constructor(turned) {
    this.turned = turned;
    this.from = 0;
  }

  // of returns the page of a list that is shown.
  of(list) {
    if (this.from >= list.length) this.from = 0;
    return list.slice(this.from, this.from + most);
  }

  // foot says which page of a list of n is shown and leads to its neighbours; a list of one page has none.
  foot(n) {
    if (n <= most) return false;
    const turn = (name, sign, by) => el("button", { type: "button", class: "link", "aria-label": name, disabled: this.from + by < 0 || this.from + by >= n,
      onclick: () => { this.from += by; this.turned(); } }, sign);
    return el("p", { class: "small pages" }, turn("Page before", "‹", -most),
      `${thousands(this.from + 1)}–${thousands(Math.min(n, this.from + most))} of ${thousands(n)}`, turn("Next page", "›", most));
  }
}
