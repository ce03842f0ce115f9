// The way to the workers, which read logs. Their bytes go there and nowhere else. Each import has a worker of its own: the one
// before keeps the logs that are shown until the new ones are read.

export class Archive {
  constructor(go) {
    this.go = go;
    this.imports = new Map();
  }

  // open has files read: {name, blob}. The answer is what the page's "open" wants as logs.
  open(name, files, progress) {
    return this.read({ request: { type: "open" }, name, files }, progress);
  }

  // recorded has the logs of a recorded scene read.
  recorded(scene, progress) {
    return this.read({ request: { type: "recorded", scene }, name: scene, files: [] }, progress);
  }

  // read has logs read, or read again in another way. What is being read is given up: the last wish counts.
  async read(wish, progress) {
    this.cancel();
    const desk = (this.reading = new Desk());
    try {
      const { answer, trace } = await desk.ask(wish.request, wish.files, progress);
      const number = await new Promise((resolve, reject) => {
        this.go.receive(trace, (n, error) => (error ? reject(new Error(`${wish.name}: ${error}`)) : resolve(n)));
      });
      if (this.reading !== desk) throw cancelled();
      this.reading = undefined;
      this.desk?.end();
      this.desk = desk;
      this.last = wish;
      this.imports.set(number, answer);
      const { report, marks, origin_us, year_known } = answer;
      const files = report.files.map(({ dialect, nodes }) => ({ dialect, nodes }));
      return { name: wish.name, trace: number, files, findings: report.findings, linearizable: report.linearizable, marks, origin_us, year_known };
    } catch (error) {
      if (this.reading === desk) this.cancel();
      throw error;
    }
  }

  // report returns what was found out about the logs that are shown. Those before them are not needed any more.
  report(number) {
    for (const n of this.imports.keys()) if (n < number) this.imports.delete(n);
    return this.imports.get(number).report;
  }

  // lines returns log lines about an instant of the trace shown.
  async lines(query) {
    return (await this.desk.ask({ type: "lines", ...query })).answer;
  }

  // busy reports whether logs are being read.
  get busy() {
    return this.reading !== undefined;
  }

  // cancel gives up what is being read. What is shown stays.
  cancel() {
    this.reading?.end(cancelled());
    this.reading = undefined;
  }
}

const cancelled = () => Object.assign(new Error("cancelled"), { cancelled: true });

// Desk is one worker and the questions that it has not answered yet.
class Desk {
  constructor() {
    this.waiting = new Map();
    this.next = 1;
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data: { id, answer, trace, done, all } }) => {
      const waits = this.waiting.get(id);
      if (!waits) return;
      if (answer === undefined) return waits.progress(done, all);
      this.waiting.delete(id);
      waits.resolve({ text: answer, trace });
    };
    this.worker.onerror = (event) => this.end(new Error(`the worker failed: ${event.message ?? "it could not be loaded"}`));
  }

  async ask(request, files = [], progress = () => {}) {
    const id = this.next++;
    const { text, trace } = await new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, progress });
      this.worker.postMessage({ id, request, files });
    });
    const answer = parse(text);
    if (answer.error) throw new Error(answer.error);
    return { answer, trace };
  }

  end(why = cancelled()) {
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(why);
    this.waiting.clear();
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
