// The mark as it is set: a text or a picture, where and how it lies, and the step that this makes.

import type { Step } from '../../engine/engine';

export type Kind = 'text' | 'picture';

export interface Kept {
  kind: Kind;
  text: string;
  colour: string;
  outline: boolean;
  gravity: string;
  scale: number;
  opacity: number;
  margin: number;
  angle: number;
  tile: boolean;
}

/** As the operation has it where nothing is given. */
const USUAL: Kept = {
  kind: 'text',
  text: '',
  colour: '#ffffff',
  outline: true,
  gravity: 'southeast',
  scale: 30,
  opacity: 60,
  margin: 3,
  angle: 0,
  tile: false,
};

export interface Logo {
  name: string;
  bytes: Uint8Array;
  url: string;
}

export class Mark {
  kept: Kept = $state({ ...USUAL });
  logo: Logo | null = $state.raw(null);

  constructor(remembered: Partial<Kept>) {
    Object.assign(this.kept, remembered);
  }

  get isReady(): boolean {
    return this.kept.kind === 'text' ? this.kept.text.trim() !== '' : this.logo !== null;
  }

  /** The pictures that the step names. */
  get extra(): Record<string, Uint8Array> {
    const { logo } = this;
    return this.kept.kind === 'picture' && logo ? { logo: logo.bytes } : {};
  }

  /** Only to be asked for if isReady. */
  step(): Step {
    const { kind, text, colour, outline, gravity, scale, opacity, margin, angle, tile } = this.kept;
    const what = kind === 'text' ? { text, colour, outline } : { image: 'logo' };
    // Tiled, the operation itself says how the marks are turned, unless that is asked for.
    const turned = tile && angle === 0 ? {} : { angle };
    const where = tile ? { tile } : { gravity, margin };
    return { op: 'watermark', ...what, scale, opacity, ...where, ...turned };
  }

  async take(file: File): Promise<void> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    this.drop();
    this.logo = { name: file.name, bytes, url: URL.createObjectURL(file) };
    this.kept.kind = 'picture';
  }

  drop(): void {
    if (this.logo) URL.revokeObjectURL(this.logo.url);
    this.logo = null;
  }
}
