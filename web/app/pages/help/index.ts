import type { PageEntry } from '../../pages';

export const page: PageEntry = {
  name: 'help',
  group: 'about',
  order: 940,
  key: 'h',
  icon: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z'
    + ' M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .9-1 1.7 M12 17h.01',
  kind: 'page',
  load: () => import('./Page.svelte'),
};
