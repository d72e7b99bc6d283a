// What was given to be checked: a receipt, the picture, a key and a proof, each at most once.

import { fingerprintOf, kindOf } from '../../../core/receipts';

export type Part = 'receipt' | 'output' | 'key' | 'proof';
export const PARTS: readonly Part[] = ['receipt', 'output', 'key', 'proof'];

const LOOK_BYTES = 200;

export class Given {
  files: Partial<Record<Part, File>> = $state.raw({});
  /** What stands in the field for the key. */
  key = $state('');
  /** The key was dropped as a file, perhaps with the receipt: alone it proves nothing. */
  cameAlong = $state(false);
  /** Somebody says that its fingerprint is the one they were told by another way. */
  isCompared = $state(false);

  /** Puts each file where it belongs, by how it begins. */
  async take(files: File[]): Promise<void> {
    for (const file of files) {
      const part = kindOf(await file.slice(0, LOOK_BYTES).text()) ?? 'output';
      if (part === 'key') {
        this.key = (await file.text()).trim();
        [this.cameAlong, this.isCompared] = [true, false];
      }
      this.files = { ...this.files, [part]: file };
    }
  }

  /** The field was written in: that key was chosen by whoever sits here. */
  typed(): void {
    this.cameAlong = false;
  }

  drop(part: Part): void {
    const { [part]: _gone, ...rest } = this.files;
    if (part === 'key') this.key = '';
    this.files = rest;
  }

  clear(): void {
    this.files = {};
    this.key = '';
  }

  /** Whether the field for the key is empty, holds a key, or something else. */
  async keyState(): Promise<'none' | 'good' | 'bad'> {
    if (!this.key.trim()) return 'none';
    return fingerprintOf(this.key.trim()).then(
      () => 'good',
      () => 'bad',
    );
  }
}
