declare module 'pyodide/pyodide.asm.mjs' {
  const create: unknown;
  export default create;
}

declare module 'pyodide/pyodide.mjs' {
  export * from 'pyodide';
}

/** wasm-vips as a classic script that defines `Vips`; its threads run it under the name em-pthread. */
declare module 'virtual:libvips' {
  const text: string;
  export default text;
}

/** Which Pyodide this is, as its list of packages says it. */
declare module 'virtual:pyodide-info' {
  const info: Record<string, string>;
  export default info;
}
