/**
 * Known: receipts that this browser session has met, so that the privacy page can show what became
 * of each picture. Identifiers alone: no name of a file, nothing of a picture. The tab forgets them
 * when it is closed.
 */

const PLACE = 'safelight.session.receipts';
const MOST = 200;
const PAGES: Record<string, string> = { upscale: 'enlarge', run: 'batch' };

export interface Seen {
  /** The identifier of the receipt. */
  receipt: string;
  /** The page that asked. */
  tool: string;
  /** Where the server keeps the result, while it does. */
  asset?: string | undefined;
  /** When the answer came, in ISO form. */
  at: string;
}

class Known {
  list: Seen[] = $state(read());

  /** One more, the newest first: its receipt if it has one, and what was asked, below the interface. */
  add(receipt: string | undefined, asked: string, asset?: string): void {
    if (receipt === undefined) return;
    const others = this.list.filter((one) => one.receipt !== receipt);
    const seen = { receipt, tool: pageOf(asked), asset, at: new Date().toISOString() };
    this.list = [seen, ...others].slice(0, MOST);
    write(this.list);
  }

  /** This tab knows of none any more. */
  forget(): void {
    this.list = [];
    write(this.list);
  }
}

export const known = new Known();

/** The page whose operation this is. */
function pageOf(asked: string): string {
  const operation = /^\/?([a-z-]+)/.exec(asked)?.[1] ?? 'run';
  return PAGES[operation] ?? operation;
}

function read(): Seen[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(PLACE) ?? '[]');
    return Array.isArray(found) ? found.filter(isSeen).slice(0, MOST) : [];
  } catch {
    return []; // storage may be shut off, or hold what is not ours
  }
}

function write(list: Seen[]): void {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(list));
  } catch {
    // Without storage the list lasts as long as the page.
  }
}

function isSeen(value: unknown): value is Seen {
  const one = value as Partial<Seen> | null;
  return (
    typeof one?.receipt === 'string' && typeof one.tool === 'string' && typeof one.at === 'string'
  );
}
