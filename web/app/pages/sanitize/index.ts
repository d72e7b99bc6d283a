import type { PageEntry } from '../../pages';

export const page: PageEntry = {
  name: 'sanitize',
  group: 'computer',
  order: 240,
  icon: 'M3 4h8v16H3z M13 4h8v16h-8z M9 12h6 M13 9.5l2.5 2.5-2.5 2.5',
  key: 'z',
  kind: 'page',
  load: () => import('./Page.svelte'),
};
