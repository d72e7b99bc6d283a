/** Route: which page is shown. It stands in the address after "#/", so that no server is asked. */

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
export const FIRST = 'start';

interface Place {
  name: string;
  query: URLSearchParams;
}

let shown = $state.raw<Place>(read());

export const route = {
  get name(): string {
    return shown.name;
  },
  get query(): URLSearchParams {
    return shown.query;
  },
};

/** Shows another page. */
export function go(name: string, query: Record<string, string> = {}): void {
  location.hash = address(name, query).slice(1);
}

/** What a link to a page has as its href. */
export function address(name: string, query: Record<string, string> = {}): string {
  const more = new URLSearchParams(query).toString();
  return `#/${name}${more === '' ? '' : `?${more}`}`;
}

function read(): Place {
  const [name = '', more = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { name: NAME.test(name) ? name : FIRST, query: new URLSearchParams(more) };
}

window.addEventListener('hashchange', () => (shown = read()));
