// What the build gives to the code it builds.

declare module 'source:*' {
  /** The named module and all that it imports, bundled to one classic script: make a Blob of it. */
  const text: string;
  export default text;
}

declare module 'handbook:pages' {
  /** Pages of the handbook: plain HTML of our own, in English. */
  export const pages: readonly { name: string; title: string; html: string }[];
}

declare module 'virtual:nets' {
  /** The nets that enlarge, by their scale: in pixels of the input, as the catalogue has it. */
  const nets: Readonly<Record<string, { tile: number; halo: number }>>;
  export default nets;
}

/** One file that the server hands out: its path, and whether its bytes never change. */
interface StudioFile {
  path: string;
  size: number;
  fixed: boolean;
}

/** In sw/ alone: what to keep for a visit without the server, and what this build is called. */
declare const STUDIO_FILES: StudioFile[];
declare const STUDIO_VERSION: string;
