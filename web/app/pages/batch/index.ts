import type { PageEntry } from '../../pages';

export const page: PageEntry = {
  name: 'batch',
  group: 'computer',
  order: 250,
  icon: 'M4 5h16v4H4z M4 10.5h16v4H4z M4 16h16v4H4z',
  key: 'b',
  kind: 'page',
  load: () => import('./Page.svelte'),
};
