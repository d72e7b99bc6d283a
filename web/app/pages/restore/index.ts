import type { PageEntry } from '../../pages';

export const page: PageEntry = {
  name: 'restore',
  group: 'computer',
  order: 220,
  icon: 'M5 19L15 9 M17 3v4 M15 5h4 M19 11v3 M17.5 12.5h3 M8 5v3 M6.5 6.5h3',
  key: 'o',
  kind: 'page',
  load: () => import('./Page.svelte'),
};
