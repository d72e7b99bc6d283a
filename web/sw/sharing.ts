/**
 * Sharing: pictures that another app hands to the studio. They wait in memory for the page that
 * opens now, which asks before it opens them; the worker is kept alive for as long as they wait.
 */
/// <reference lib="webworker" />
import { fitting } from '../core/sharing';

interface Share {
  files: File[];
  left: number;
  /** Ends the wait: they were fetched, or nobody came. */
  end: () => void;
}

const PATIENCE_MS = 120_000;
const PAGE = '/#/start?shared';
const waiting = new Set<Share>();

/** Takes what was shared. A page of another site may post here, too: it is turned away where the
 * browser says so, and is asked about like any other where it does not. */
export async function share(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const { origin } = new URL(request.url);
  const isOfOthers = request.referrer.startsWith('http') && !request.referrer.startsWith(`${origin}/`);
  if (isOfOthers) return new Response(null, { status: 403 });
  const form = await request.formData();
  const given = form.getAll('pictures').filter((one): one is File => one instanceof File);
  const { files, left } = fitting([...waiting].flatMap((one) => one.files), given);
  wait(event, files, left);
  return Response.redirect(PAGE, 303);
}

/** All that waits, to the page that asked. */
export function handOver(page: Client | ServiceWorker | MessagePort | null): void {
  const all = [...waiting];
  const files = all.flatMap((one) => one.files);
  const left = all.reduce((sum, one) => sum + one.left, 0);
  page?.postMessage({ kind: 'shared', files, left });
  for (const one of all) one.end();
}

function wait(event: FetchEvent, files: File[], left: number): void {
  const ended = new Promise<void>((done) => {
    const one: Share = { files, left, end: () => (waiting.delete(one), done()) };
    waiting.add(one);
    setTimeout(one.end, PATIENCE_MS); // of this share alone: a later one has its own time
  });
  event.waitUntil(ended);
}
