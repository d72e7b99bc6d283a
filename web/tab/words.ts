// The areas of words that the frame needs; it carries no others.
import { learn, type Catalogue } from '../core/text.svelte';

learn(
  import.meta.glob<Catalogue>(
    '../text/*/{common,compare,frame,start,metadata,edit,redact,watermark,many,receipt,here}.json',
    { eager: true, import: 'default' },
  ),
);
