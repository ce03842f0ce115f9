// The worker's first script: it starts the Go program that reads logs and passes it what the page asks for.

import "../../wasm_exec.js";

const go = new globalThis.Go();
const desk = new Promise((resolve) => (globalThis.attachDesk = resolve));

async function start() {
  const response = await fetch(new URL("../../worker.wasm", import.meta.url));
  if (!response.ok) throw new Error(`worker.wasm: the server answered ${response.status}`);
  const typed = response.headers.get("Content-Type")?.startsWith("application/wasm") ? response
    : new Response(response.body, { headers: { "Content-Type": "application/wasm" } });
  const { instance } = await WebAssembly.instantiateStreaming(typed, go.importObject);
  go.run(instance);
  return desk;
}

const started = start();
started.catch(() => {}); // told to whoever asks

onmessage = async ({ data: { id, request, files } }) => {
  try {
    const answer = await started;
    let last = 0;
    const progress = (done, all) => {
      if (performance.now() - last < 100) return;
      last = performance.now();
      postMessage({ id, done, all });
    };
    const { text, trace } = answer(JSON.stringify(request), files ?? [], progress);
    postMessage({ id, answer: text, trace }, [trace.buffer]);
  } catch (error) {
    postMessage({ id, answer: JSON.stringify({ error: String(error?.message ?? error) }) });
  }
};
