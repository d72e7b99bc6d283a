/** Held: until when the server keeps a result. */
import { Problem } from '../../../core/problem';
import { server } from '../../server.svelte';

/** A moment in milliseconds of the clock here; gone: overwritten; unknown: nobody says so now. */
export type Until = number | 'gone' | 'unknown';

/** Only the server's own word that a result is no more makes it gone. */
export async function heldUntil(asset: string): Promise<Until> {
  try {
    const headers = { Accept: 'application/json' };
    const { expires_s } = await server.get<{ expires_s: number }>(asset, { headers });
    return Date.now() + expires_s * 1000;
  } catch (thrown) {
    const { status } = Problem.of(thrown);
    return status === 404 || status === 410 ? 'gone' : 'unknown';
  }
}
