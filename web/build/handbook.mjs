// `import { pages } from 'handbook:pages'`: pages of docs/handbook/ as plain HTML, made when the
// Studio is built, so that they can be read with the server stopped.
import { Marked } from 'marked';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { ROOT } from './bundling.mjs';

const NAMES = ['studio', 'scrub', 'upscale', 'cutout', 'receipts', 'serve'];
const FOLDER = `${dirname(ROOT)}/docs/handbook`;
const ASKED = 'handbook:pages';
const MARK = '\0handbook';
// A page stands below two headings of the help page.
const DEEPER = 2;

const marked = new Marked({
  gfm: true,
  renderer: {
    // Comments for the tools that write parts of a page; there is no other HTML in them.
    html: () => '',
    image: () => '',
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + DEEPER);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    link({ href, tokens }) {
      const words = this.parser.parseInline(tokens);
      const [file] = href.split('#');
      const name = basename(file, '.md');
      // What is not here is elsewhere: its words stay, and nothing is asked for.
      return file === `${name}.md` && NAMES.includes(name)
        ? `<a href="#/help?read=${name}">${words}</a>`
        : words;
    },
  },
});

/** The plug-in for the build of the page. */
export function handbook() {
  return {
    name: 'studio-handbook',
    resolveId: (asked) => (asked === ASKED ? MARK : null),
    async load(id) {
      if (id !== MARK) {
        return null;
      }
      const made = NAMES.map(async (name) => {
        const path = `${FOLDER}/${name}.md`;
        this.addWatchFile(path);
        return read(name, await readFile(path, 'utf8'));
      });
      return `export const pages = ${JSON.stringify(await Promise.all(made))};`;
    },
  };
}

// The title is shown apart, above the page's own text.
function read(name, text) {
  const [, title, rest] = /^# (.+)\n([^]*)$/.exec(text);
  return { name, title, html: marked.parse(rest) };
}
