// A thread of Node that looks like a worker of a browser, to the script that it is told to run.
import { runInThisContext } from 'node:vm';
import { parentPort, Worker as Thread, workerData } from 'node:worker_threads';

const { text, name = '' } = workerData;
const sources = new Map();

class WorkerGlobalScope {
  static [Symbol.hasInstance]() {
    return true;
  }
}

// What `new Worker(a Blob's address)` is in a browser; the Blob's text was noted when it was made.
class Worker {
  constructor(address, { name } = {}) {
    const workerData = { text: sources.get(String(address)), name };
    this.thread = new Thread(new URL(import.meta.url), { workerData });
    this.thread.on('message', (data) => this.onmessage?.({ data }));
    this.thread.on('error', (error) => this.onerror?.({ message: String(error) }));
  }
  postMessage(data) {
    this.thread.postMessage(data);
  }
  terminate() {
    this.thread.terminate();
  }
}

class SpokenBlob extends Blob {
  constructor(parts = [], options = {}) {
    super(parts, options);
    this.spoken = parts;
  }
}

function define(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

define('self', globalThis);
define('name', name);
define('WorkerGlobalScope', WorkerGlobalScope);
define('Worker', Worker);
define('Blob', SpokenBlob);
define('navigator', { hardwareConcurrency: 2, userAgent: '' });
define('location', { href: 'blob:nothing', toString: () => 'blob:nothing' });
define('postMessage', (data, transfer) => parentPort.postMessage(data, transfer));
URL.createObjectURL = (blob) => {
  const address = `blob:${sources.size}`;
  sources.set(address, blob.spoken.join(''));
  return address;
};
process.browser = true;
process.type = 'renderer';
parentPort.on('message', (data) => globalThis.onmessage?.({ data }));
runInThisContext(text, { filename: 'worker.js' });
