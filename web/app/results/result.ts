// A result: the bytes that came back, and what is known of them.

import type { ResultFacts } from '../../core/api';
import { proper } from '../../core/naming';
import { named } from '../../core/rows';

export interface Result {
  readonly blob: Blob;
  readonly name: string;
  readonly facts: ResultFacts;
  /** Where the server that worked on it runs, as its answer said. */
  readonly place: 'computer' | 'network';
  readonly receipt: string;
  readonly job: string;
  readonly seconds: number;
}

const ENDINGS: Readonly<Record<string, string>> = { jpeg: 'jpg', tiff: 'tif', dicom: 'dcm' };

export function endingOf(format: string): string {
  return ENDINGS[format] ?? format;
}

/** What the server says of where it is, as the badge names it. */
export function placeOf(locality: string | null): 'computer' | 'network' {
  return locality === 'machine' ? 'computer' : 'network';
}

/** photo.jpg becomes photo.x2.jpg. */
export function resultName(file: string, suffix: string, format: string): string {
  return named(file, suffix, endingOf(format), new Set());
}

/** Hands bytes to the browser to be saved. */
export function save(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = proper(name, blob.type);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
