import type { PageEntry } from '../../pages';

export const page: PageEntry = {
  name: 'models',
  group: 'about',
  order: 220,
  icon: 'M12 3l8 4.5v9L12 21l-8-4.5v-9z M4 7.5l8 4.5 8-4.5 M12 12v9',
  kind: 'page',
  load: () => import('./Page.svelte'),
};
