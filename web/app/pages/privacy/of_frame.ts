/** Of frame: the tool frame tries its ways out. What is open in it stays where it is. */
import type { Way } from '../../../core/messages';
import { Problem } from '../../../core/problem';
import { t } from '../../../core/text.svelte';
import { host } from '../../frame/host.svelte';

const PATIENCE_MS = 60_000;

/** Every way out of the frame but its own navigation. Rejects with a Problem where none answers. */
export function waysOutOfTheFrame(): Promise<Way[]> {
  return new Promise((done, failed) => {
    const late = setTimeout(
      () => failed(new Problem({ code: 'no-answer', title: t('privacy.frame_silent') })),
      PATIENCE_MS,
    );
    host.tryWays((ways) => {
      clearTimeout(late);
      done(ways);
    });
  });
}
