import type { PageEntry } from '../../pages';

export const page: PageEntry = {
  name: 'enlarge',
  group: 'computer',
  order: 210,
  icon: 'M4 14v6h6 M14 4h6v6 M20 4l-6 6 M4 20l6-6',
  key: 'l',
  kind: 'page',
  load: () => import('./Page.svelte'),
};
