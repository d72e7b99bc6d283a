import type { PageEntry } from '../../pages';

export const page: PageEntry = {
  name: 'cutout',
  group: 'computer',
  order: 230,
  icon: 'M6 8a2.5 2.5 0 1 0 0-.1 M6 18a2.5 2.5 0 1 0 0-.1 M8 9l12 9 M8 16l12-9',
  key: 'c',
  kind: 'page',
  load: () => import('./Page.svelte'),
};
