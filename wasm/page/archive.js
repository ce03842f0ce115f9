// The way to the worker, which is fetched when a log is opened first. The bytes of logs go there and nowhere else.

export class Archive {
  constructor() {
    this.waiting = new Map();
    this.next = 1;
  }

  // open has files read: {name, blob}. The answer holds what the page's "open" wants as logs.
  open(name, files, progress) {
    return this.read({ type: "open" }, name, files, progress);
  }

  // recorded has the logs of a recorded scene read.
  recorded(scene, progress) {
    return this.read({ type: "recorded", scene }, scene, [], progress);
  }

  async read(request, name, files, progress) {
    const { trace, report, origin_us, year_known, refs } = await this.ask(request, files, progress);
    this.refs = refs;
    this.report = report;
    return { name, trace, report, origin_us: String(origin_us), year_known };
  }

  // lines returns log lines about an instant of the trace shown.
  lines(query) {
    return this.ask({ type: "lines", ...query });
  }

  async ask(request, files = [], progress = () => {}) {
    this.worker ??= this.start();
    const id = this.next++;
    const text = await new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, progress });
      this.worker.postMessage({ id, request, files });
    });
    const answer = parse(text);
    if (answer.error) throw new Error(answer.error);
    return answer;
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
    worker.onmessage = ({ data: { id, answer, done, all } }) => {
      const waits = this.waiting.get(id);
      if (!waits) return;
      if (answer === undefined) return waits.progress(done, all);
      this.waiting.delete(id);
      waits.resolve(answer);
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
