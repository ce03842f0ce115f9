// The way to the worker, which is fetched when a log is opened first. The bytes of logs go there and nowhere else.

export class Archive {
  constructor(go) {
    this.go = go;
    this.waiting = new Map();
    this.imports = new Map();
    this.next = 1;
  }

  // open has files read: {name, blob}. The answer is what the page's "open" wants as logs.
  open(name, files, progress) {
    return this.read({ type: "open" }, name, files, progress);
  }

  // recorded has the logs of a recorded scene read.
  recorded(scene, progress) {
    return this.read({ type: "recorded", scene }, scene, [], progress);
  }

  // again has the same logs read another way.
  again(change, progress) {
    const { request, name, files } = this.last;
    return this.read({ ...request, ...change }, name, files, progress);
  }

  async read(request, name, files, progress) {
    const { answer, trace } = await this.ask(request, files, progress);
    const number = await new Promise((resolve, reject) => {
      this.go.receive(trace, (n, error) => (error ? reject(new Error(`${name}: ${error}`)) : resolve(n)));
    });
    this.last = { request, name, files };
    this.imports.set(number, answer);
    const { report, marks, origin_us, year_known } = answer;
    return { name, trace: number, findings: report.findings, linearizable: report.linearizable, marks, origin_us, year_known };
  }

  // report returns what was found out about the logs that are shown. Those before them are not needed any more.
  report(number) {
    for (const n of this.imports.keys()) if (n < number) this.imports.delete(n);
    return this.imports.get(number).report;
  }

  // lines returns log lines about an instant of the trace shown.
  async lines(query) {
    return (await this.ask({ type: "lines", ...query })).answer;
  }

  // busy reports whether an answer is awaited.
  get busy() {
    return this.waiting.size > 0;
  }

  async ask(request, files = [], progress = () => {}) {
    this.worker ??= this.start();
    const id = this.next++;
    const { text, trace } = await new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, progress });
      this.worker.postMessage({ id, request, files });
    });
    const answer = parse(text);
    if (answer.error) throw new Error(answer.error);
    return { answer, trace };
  }

  // cancel ends what the worker does by ending the worker; the next request starts another.
  cancel(why = "cancelled") {
    this.worker?.terminate();
    this.worker = undefined;
    for (const { reject } of this.waiting.values()) reject(new Error(why));
    this.waiting.clear();
  }

  start() {
    const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data: { id, answer, trace, done, all } }) => {
      const waits = this.waiting.get(id);
      if (!waits) return;
      if (answer === undefined) return waits.progress(done, all);
      this.waiting.delete(id);
      waits.resolve({ text: answer, trace });
    };
    worker.onerror = (event) => this.cancel(`the worker failed: ${event.message ?? "it could not be loaded"}`);
    return worker;
  }
}

// parse reads an answer. The origin of a trace without a year is beyond a script's numbers, and stays text.
function parse(text) {
  return JSON.parse(text.replace(/"origin_us":(-?\d+)/, '"origin_us":"$1"'));
}

// isLog tells logs from scenes and traces by how they begin.
export async function isLog(blob) {
  const head = new TextDecoder().decode(await blob.slice(0, 4096).arrayBuffer());
  return !/^\ufeff?\s*\{\s*"format"\s*:\s*"tabletop-trace"/.test(head) && !/^-- [a-z]+ --\s*$/m.test(head);
}
