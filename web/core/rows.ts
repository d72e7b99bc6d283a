// Rows: what came of each file of a batch, to be sorted, counted and kept as a table.

import { harmless, parted } from './naming';

export type RowState = 'waiting' | 'sending' | 'working' | 'done' | 'failed' | 'stopped';

export interface Row {
  readonly id: number;
  readonly name: string;
  readonly bytesBefore: number;
  readonly state: RowState;
  readonly share: number;
  readonly reason: string;
  readonly hint: string;
  readonly code: string;
  readonly output: string;
  readonly bytesAfter: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly seconds: number | null;
  readonly receipt: string;
}

export type Column = 'id' | 'name' | 'state' | 'reason' | 'bytesAfter' | 'seconds';

const ORDER: readonly RowState[] = ['failed', 'stopped', 'working', 'sending', 'waiting', 'done'];
const HEAD = [
  'file', 'state', 'code', 'reason', 'hint', 'output', 'bytes_before', 'bytes_after', 'width',
  'height', 'seconds', 'receipt',
]; // prettier-ignore

/** In the order of one column; what is alike there stays in the order of the files. */
export function sorted(rows: readonly Row[], by: Column, isDown = false): Row[] {
  const sign = isDown ? -1 : 1;
  return [...rows].sort((one, other) => sign * compared(one, other, by) || one.id - other.id);
}

function compared(one: Row, other: Row, by: Column): number {
  if (by === 'state') return ORDER.indexOf(one.state) - ORDER.indexOf(other.state);
  if (by === 'name' || by === 'reason') {
    return one[by].localeCompare(other[by], undefined, { numeric: true });
  }
  return (one[by] ?? -1) - (other[by] ?? -1);
}

export function counted(rows: readonly Row[]): Record<RowState, number> {
  const found = { waiting: 0, sending: 0, working: 0, done: 0, failed: 0, stopped: 0 };
  for (const row of rows) found[row.state] += 1;
  return found;
}

/** As comma-separated values (RFC 4180), for a spreadsheet; no cell can be taken for a formula. */
export function csvOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.name, row.state, row.code, row.reason, row.hint, row.output, row.bytesBefore,
    row.bytesAfter, row.width, row.height, row.seconds, row.receipt,
  ]); // prettier-ignore
  return [HEAD, ...lines].map((line) => line.map(cell).join(',') + '\r\n').join('');
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The name of a result: that of the file with another ending, and not one that is taken. */
export function named(file: string, suffix: string, ending: string, taken: Set<string>): string {
  const [stem] = parted(harmless(file));
  const base = suffix === '' ? stem : `${stem}.${suffix}`;
  let name = `${base}.${ending}`;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) {
    name = `${base}-${number}.${ending}`;
  }
  taken.add(name.toLowerCase()); // some systems take a.jpg and A.jpg for the same
  return harmless(name);
}
