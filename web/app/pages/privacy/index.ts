import type { PageEntry } from '../../pages';

export const page: PageEntry = {
  name: 'privacy',
  group: 'about',
  order: 210,
  icon: 'M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z M9.5 11h5v4h-5z M10.5 11V9.5a1.5 1.5 0 0 1 3 0V11',
  kind: 'page',
  key: 'p',
  load: () => import('./Page.svelte'),
};
