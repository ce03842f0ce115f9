// Fetches the simulator, shows how far it is, and starts it. The answer is the object through which Go is called.

import { prepareStage } from "./host.js";

const megabyte = 1 << 20;

// load resolves to the Go side once it has attached itself.
export async function load(progress) {
  if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly");
  progress(0, "Loading the simulator…");
  const [, response] = await Promise.all([import("../../wasm_exec.js"), fetch("main.wasm")]);
  if (!response.ok) throw new Error(`main.wasm: the server answered ${response.status}`);
  const go = new globalThis.Go();
  count(response.clone(), progress);
  const { instance } = await instantiate(typed(response), go.importObject);
  progress(1, "Starting…");
  return run(go, instance);
}

function run(go, instance) {
  const host = prepareStage();
  return new Promise((resolve, reject) => {
    globalThis.tabletopHost = Object.assign(host, {
      attach: (object) => resolve(object),
      fail: (why) => {
        reject(new Error(why));
        host.onFailure(why);
      },
    });
    go.run(instance).then(
      () => globalThis.tabletopHost.fail("the simulator ended"),
      (error) => globalThis.tabletopHost.fail(String(error)),
    );
  });
}

async function instantiate(response, imports) {
  try {
    return await WebAssembly.instantiateStreaming(response, imports);
  } catch (error) {
    throw new Error(`the browser refused it: ${error.message}`);
  }
}

// typed gives the response its type where a plain file server does not.
function typed(response) {
  if (response.headers.get("Content-Type")?.startsWith("application/wasm")) return response;
  return new Response(response.body, { headers: { "Content-Type": "application/wasm" } });
}

// count reports how much of a response has come. It reads a copy: browsers keep compiled code only for a response that
// comes from the network as it is. With compression the length in the header is that of the packed bytes, so that the
// share is only shown when the server tells the real size.
async function count(response, progress) {
  const total = Number(response.headers.get("X-Size") ?? (response.headers.has("Content-Encoding") ? 0 : response.headers.get("Content-Length")));
  let got = 0;
  try {
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return;
      got += value.byteLength;
      const size = `${(got / megabyte).toFixed(1)} MB`;
      progress(total ? Math.min(got / total, 1) : null, total ? `Loading the simulator: ${size} of ${(total / megabyte).toFixed(1)} MB` : `Loading the simulator: ${size}`);
    }
  } catch { // the compiler reads the same bytes and tells what is wrong with them
  }
}
