/**
 * Words: every catalogue, for the page, but those that only the frame's tools use. A file below
 * text/ is found by itself.
 */
import { learn, type Catalogue } from '../core/text.svelte';

learn(
  import.meta.glob<Catalogue>(
    [
      '../text/*/*.json',
      '!../text/*/{frame,start,metadata,edit,redact,watermark,many,receipt,here}.json',
    ],
    { eager: true, import: 'default' },
  ),
);
