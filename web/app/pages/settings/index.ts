import type { PageEntry } from '../../pages';

export const page: PageEntry = {
  name: 'settings',
  group: 'about',
  order: 930,
  key: ',',
  icon: 'M4 7h9 M17 7h3 M4 17h3 M11 17h9 M13 7a2 2 0 1 0 4 0 2 2 0 0 0-4 0'
    + ' M7 17a2 2 0 1 0 4 0 2 2 0 0 0-4 0',
  kind: 'page',
  load: () => import('./Page.svelte'),
};
