// Small helpers over the DOM. Text always goes in as text: nothing here reads HTML.

export const $ = (id) => document.getElementById(id);

// el makes an element: el("p", {class: "small"}, "text", child).
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((c) => c != null && c !== false));
  return made;
}

// svg makes an SVG element.
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

// setText changes an element's text only when it differs, so that live regions speak once.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// fill replaces the children of an element and keeps the focus on the child that had it.
export function fill(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  element.replaceChildren(...children.filter((c) => c != null && c !== false));
  if (focused) element.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

// options fills a select, if what it offers has changed, and chooses a value.
export function options(select, list, value) {
  const have = JSON.stringify(list);
  if (select.dataset.have !== have) {
    select.replaceChildren(...list.map(([id, text, title]) => el("option", { value: id, title }, text)));
    select.dataset.have = have;
  }
  select.value = String(value);
  select.disabled = false;
}

// tag is a term with its colour.
export function tag(term) {
  return el("b", { class: `tag g${term % 6}` }, `t${term}`);
}

// withTags sets a text in which words such as t4 become term tags, and names such as table-1 stay on one line. A
// node may be called t1 itself.
export function withTags(text, nodes) {
  return text.split(/\b([A-Za-z_]\w*-\d+\b|t\d{1,4}\b)/).map((part, i) => {
    if (i % 2 === 0 || nodes.has(part)) return part;
    return part.includes("-") ? el("span", { class: "name" }, part) : tag(Number(part.slice(1)));
  });
}

// paragraphs sets a text; empty lines part its paragraphs. A word or two before a colon at the start are its heading.
export function paragraphs(text, nodes) {
  return text.split(/\n\s*\n/).map((p) => p.trim()).filter(Boolean).map((p) => {
    const [, head = "", rest] = p.match(/^([A-Z][a-z]+(?: [a-z]+)?:)?(.*)$/s);
    return el("p", {}, head && el("b", {}, head), ...withTags(rest, nodes));
  });
}
