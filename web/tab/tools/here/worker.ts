// The worker: one picture through the net, then it has ended. It is given every byte that it needs.

import { InferenceSession, Tensor, env } from 'onnxruntime-web/wasm';
import nets from 'virtual:nets';
import { enlarged, type Net } from '../../../core/enlarging';
import { filled } from '../../../core/filling';
import { readPng, writePng } from '../../../core/png';
import type { Answer, Ask } from './talk';

const SHARE_OF_NET = 0.95;

const scope = globalThis as unknown as {
  postMessage(message: Answer): void;
  onmessage: ((event: MessageEvent<Ask>) => void) | null;
};

scope.onmessage = ({ data }) => {
  work(data).then(
    (answer) => scope.postMessage(answer),
    (error: unknown) => scope.postMessage({ kind: 'failed', words: String(error) }),
  );
};

async function work({ picture, runtime, model, scale }: Ask): Promise<Answer> {
  const start = performance.now();
  const net = await opened(runtime, model, scale);
  const source = filled(readPng(new Uint8Array(picture)));
  const made = await enlarged(source, net, (share) =>
    scope.postMessage({ kind: 'share', share: share * SHARE_OF_NET }),
  );
  const parts = writePng(made) as Uint8Array<ArrayBuffer>[];
  const blob = new Blob(parts, { type: 'image/png' });
  return { kind: 'done', picture: blob, milliseconds: performance.now() - start };
}

async function opened(runtime: ArrayBuffer, model: ArrayBuffer, scale: number): Promise<Net> {
  env.wasm.wasmBinary = runtime;
  env.wasm.numThreads = 1;
  env.wasm.proxy = false;
  env.logLevel = 'error';
  const session = await InferenceSession.create(new Uint8Array(model), {
    executionProviders: ['wasm'],
  });
  const run: Net['run'] = async (luma, width, height) => {
    const given = new Tensor('float32', luma, [1, 1, height, width]);
    const { luma_up: answer } = await session.run({ luma: given });
    const data = answer?.data;
    const size = width * height * scale ** 2;
    if (!(data instanceof Float32Array) || data.length !== size || !data.every(Number.isFinite)) {
      throw new Error('the model gave no picture');
    }
    return data;
  };
  const net = nets[scale];
  if (!net) throw new Error(`no net enlarges ${scale} times`);
  return { scale, ...net, run };
}
