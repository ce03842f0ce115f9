// Places the canvas. Ebitengine believes that it owns the page: it appends its canvas to the body, takes the body's size
// for its own, and reloads the page when the graphics context is lost. Here it gets an area of the grid instead: one
// canvas lies behind stage, caption and lanes, which are see-through. Events reach it through the DOM, so that it can
// never trap the keyboard.

import { $, el } from "./dom.js";

// prepareStage must run before Go does. It returns what Go may call.
export function prepareStage() {
  const picture = el("div", { id: "picture", class: "picture" });
  $("stage").before(picture);
  const twin = el("p", { id: "lanes-twin", class: "sr" });
  $("stage").nextElementSibling.after(el("section", { id: "lanes", class: "lanes", role: "img", "aria-label": "Lanes", "aria-describedby": "lanes-twin" }), twin);
  borrowBody(picture);
  watchPixelRatio();
  return { onChange() {}, onFailure() {}, paint: painter(picture), webgl: hasWebGL(), reduced: matchMedia("(prefers-reduced-motion: reduce)").matches };
}

function borrowBody(picture) {
  const body = document.body;
  const size = (name) => () => Math.max(1, Math.round(picture[name] * (window.devicePixelRatio || 1)));
  Object.defineProperty(body, "clientWidth", { configurable: true, get: size("clientWidth") });
  Object.defineProperty(body, "clientHeight", { configurable: true, get: size("clientHeight") });
  const append = body.appendChild;
  body.appendChild = function (child) {
    if (!(child instanceof HTMLCanvasElement)) return append.call(this, child);
    body.appendChild = append;
    picture.append(child);
    tame(child);
    return child;
  };
}

// painter shows pictures that the processor made.
function painter(picture) {
  let canvas;
  return (pixels, width, height) => {
    if (!canvas) {
      canvas = document.createElement("canvas");
      canvas.setAttribute("aria-hidden", "true");
      picture.append(canvas);
    }
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  };
}

// tame takes from the canvas what belongs to the page: focus, keys and the reload on a lost context.
function tame(canvas) {
  canvas.setAttribute("aria-hidden", "true");
  const set = canvas.setAttribute;
  canvas.setAttribute = function (name, value) {
    set.call(this, name, name === "tabindex" ? "-1" : value);
  };
  canvas.addEventListener("webglcontextlost", (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    $("stage").dispatchEvent(new CustomEvent("stagelost"));
  }, true);
}

// watchPixelRatio tells the stage of a zoom: browsers do not always send resize for one.
function watchPixelRatio() {
  let ratio = window.devicePixelRatio;
  const look = () => {
    if (window.devicePixelRatio === ratio) return;
    ratio = window.devicePixelRatio;
    window.dispatchEvent(new Event("resize"));
  };
  setInterval(look, 1000);
}

function hasWebGL() {
  try {
    return !!document.createElement("canvas").getContext("webgl2");
  } catch {
    return false;
  }
}
