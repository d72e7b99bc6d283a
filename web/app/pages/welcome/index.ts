import type { PageEntry } from '../../pages';

export const page: PageEntry = {
  name: 'welcome',
  group: 'about',
  order: 950,
  icon: 'M12 2v4 M5 17a7 7 0 0 1 14 0z M12 20h.01',
  kind: 'page',
  isHidden: true,
  load: () => import('./Page.svelte'),
};
