// Places the canvas of the stage. Ebitengine believes that it owns the page: it appends its canvas to the body, takes
// the body's size for its own, and reloads the page when the graphics context is lost. Here it gets one cell of the
// grid instead, and events reach the stage through the DOM, so that the canvas can never trap the keyboard.

import { $ } from "./dom.js";

// prepareStage must run before Go does. It returns what Go may call.
export function prepareStage() {
  const stage = $("stage");
  borrowBody(stage);
  watchPixelRatio();
  return { onChange() {}, onFailure() {}, paint: painter(stage), webgl: hasWebGL(), reduced: matchMedia("(prefers-reduced-motion: reduce)").matches };
}

function borrowBody(stage) {
  const body = document.body;
  const size = (name) => () => Math.max(1, Math.round(stage[name] * (window.devicePixelRatio || 1)));
  Object.defineProperty(body, "clientWidth", { configurable: true, get: size("clientWidth") });
  Object.defineProperty(body, "clientHeight", { configurable: true, get: size("clientHeight") });
  const append = body.appendChild;
  body.appendChild = function (child) {
    if (!(child instanceof HTMLCanvasElement)) return append.call(this, child);
    body.appendChild = append;
    stage.append(child);
    tame(child);
    return child;
  };
}

// painter shows pictures that the processor made.
function painter(stage) {
  let canvas;
  return (pixels, width, height) => {
    if (!canvas) {
      canvas = document.createElement("canvas");
      canvas.setAttribute("aria-hidden", "true");
      stage.append(canvas);
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
    canvas.dispatchEvent(new CustomEvent("stagelost", { bubbles: true }));
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
