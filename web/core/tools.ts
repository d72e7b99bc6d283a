/** Tools: the one table of what works inside the tab. Page and frame build their lists from it. */

export interface TabTool {
  readonly name: string;
  readonly group: 'tab';
  readonly order: number;
  /** Path of a 24 by 24 drawing in strokes. */
  readonly icon: string;
  /** The letter after "g" that goes there. */
  readonly key: string;
}

const tool = (name: string, order: number, key: string, icon: string): TabTool =>
  Object.freeze({ name, group: 'tab', order, key, icon });

export const TOOLS: readonly TabTool[] = [
  tool('start', 10, 's', 'M4 14v5h16v-5 M12 4v11 M8 11l4 4 4-4'),
  tool('metadata', 20, 'm', 'M4 7l8-3 8 3v5c0 5-3.5 7.5-8 9-4.5-1.5-8-4-8-9z M9 12l2 2 4-4'),
  tool('edit', 30, 'e', 'M7 3v14h14 M3 7h14v14'),
  tool('redact', 40, 'r', 'M4 5h16v14H4z M8 10h8v5H8z M8 11.7h8 M8 13.4h8'),
  tool('watermark', 50, 'w', 'M12 4c3 4 5 6.5 5 9.5a5 5 0 0 1-10 0C7 10.5 9 8 12 4z M4 20h16'),
  tool('many', 60, 'a', 'M8 8h12v12H8z M4 16V4h12'),
  tool('here', 70, 'u', 'M4 14v6h6 M14 4h6v6 M20 4l-7 7 M4 20l7-7'),
  tool('receipt', 80, 't', 'M6 3h12v18l-3-2-3 2-3-2-3 2z M9 8h6 M9 12h6'),
];

/** The tool by its name, undefined where there is none. */
export function toolOf(name: string): TabTool | undefined {
  return TOOLS.find((one) => one.name === name);
}
