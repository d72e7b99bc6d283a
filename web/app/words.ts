/** Words: every catalogue, for the page. A file below text/ is found by itself. */
import { learn, type Catalogue } from '../core/text.svelte';

learn(import.meta.glob<Catalogue>('../text/*/*.json', { eager: true, import: 'default' }));
