// Boxes with handles over a picture, for pointers, fingers and the keyboard alone. No framework.
//
//   const boxes = new Boxes(host, { picture, words, onChange });
//   boxes.set([{ left: 30, top: 60, width: 120, height: 40 }]);
//
// single: exactly one box, as for a crop; proportion keeps its width by its height.

import './boxes.css';
import { isHeard } from '../core/keys';
import {
  centred,
  fitted,
  moved,
  sized,
  spanned,
  type Grip,
  type Proportion,
  type Rectangle,
} from '../core/rectangles';
import { GRIPS, handles } from './handles';

export type { Proportion, Rectangle } from '../core/rectangles';

export interface Picture {
  url: string;
  /** In pixels of the file, which the boxes count in; the preview behind url may be smaller. */
  width: number;
  height: number;
  name: string;
}

/** Every text that a person meets; number counts from 1. */
export interface BoxWords {
  box(number: number, of: number, box: Rectangle): string;
  kind: string;
  removed(left: number): string;
}

export interface BoxOptions {
  picture: Picture;
  words: BoxWords;
  single?: boolean;
  proportion?: Proportion;
  /** How many there may be at most. */
  most?: number;
  /** Whether boxes hide what lies below while it is worked on. */
  filled?: boolean;
  /** The id of a text that explains the keys. */
  describedBy?: string;
  /** settled is false while a pointer still drags. chosen is -1 if none is. */
  onChange(boxes: Rectangle[], chosen: number, settled: boolean): void;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const STRIDE = 10;
const LEAST_DRAWN = 4;

type Drag = (x: number, y: number) => Rectangle;

export class Boxes {
  readonly stage = document.createElement('div');
  private readonly image = document.createElement('img');
  private readonly said = document.createElement('span');
  private parts: HTMLElement[] = [];
  private boxes: Rectangle[] = [];
  private chosen = -1;

  constructor(
    host: HTMLElement,
    private options: BoxOptions,
  ) {
    this.stage.className = 'boxes';
    this.stage.tabIndex = -1;
    this.stage.classList.toggle('boxes-single', Boolean(options.single));
    this.stage.classList.toggle('boxes-filled', Boolean(options.filled));
    this.image.className = 'boxes-picture';
    this.image.draggable = false;
    this.said.className = 'boxes-said';
    this.said.setAttribute('role', 'status');
    this.stage.append(this.image, this.said);
    this.stage.addEventListener('pointerdown', (event) => this.press(event));
    host.append(this.stage);
    this.show(options.picture);
  }

  /** Another picture; boxes that reach beyond it are cut. */
  show(picture: Picture): void {
    this.options = { ...this.options, picture };
    this.image.src = picture.url;
    this.image.alt = picture.name;
    this.set(this.boxes);
  }

  /** These boxes and no other; tells nobody. */
  set(boxes: Rectangle[], chosen = Math.min(this.chosen, boxes.length - 1)): void {
    const { picture, single, proportion = null } = this.options;
    const wanted = single && !boxes.length ? [centred(picture, proportion)] : boxes;
    this.boxes = wanted.map((box) => fitted(box, picture, single ? proportion : null));
    this.chosen = single ? 0 : chosen;
    this.draw();
  }

  /** Fixes the proportion of the one box, or frees it. */
  setProportion(proportion: Proportion): void {
    this.options = { ...this.options, proportion };
    this.change(this.boxes, this.chosen, true);
  }

  /** Whether boxes hide what lies below. */
  setFilled(isFilled: boolean): void {
    this.stage.classList.toggle('boxes-filled', isFilled);
  }

  /** One more box in the middle, chosen and with the focus; false if there are enough. */
  add(): boolean {
    const { picture, single, most = Infinity } = this.options;
    if (single || this.boxes.length >= most) return false;
    const width = picture.width / 4;
    const height = picture.height / 8;
    const left = (picture.width - width) / 2;
    const top = (picture.height - height) / 2;
    this.change([...this.boxes, { left, top, width, height }], this.boxes.length, true);
    this.focus(this.boxes.length - 1);
    return true;
  }

  /** Takes one away; the focus goes to its neighbour, or to the picture. */
  remove(index: number): void {
    if (this.options.single || !this.boxes[index]) return;
    const left = this.boxes.filter((_, place) => place !== index);
    this.change(left, Math.min(index, left.length - 1), true);
    this.said.textContent = this.options.words.removed(left.length);
    (this.parts[this.chosen] ?? this.stage).focus();
  }

  /** The focus on one box. */
  focus(index: number): void {
    this.parts[index]?.focus();
  }

  /** Takes the widget out of the page. */
  destroy(): void {
    this.stage.remove();
  }

  private change(boxes: Rectangle[], chosen: number, settled: boolean): void {
    this.set(boxes, chosen);
    this.options.onChange(
      this.boxes.map((box) => ({ ...box })),
      this.chosen,
      settled,
    );
  }

  private draw(): void {
    while (this.parts.length > this.boxes.length) this.parts.pop()?.remove();
    while (this.parts.length < this.boxes.length) this.parts.push(this.made(this.parts.length));
    const { picture, words } = this.options;
    this.boxes.forEach((box, index) => {
      const part = this.parts[index] as HTMLElement;
      part.style.left = `${(box.left / picture.width) * 100}%`;
      part.style.top = `${(box.top / picture.height) * 100}%`;
      part.style.width = `${(box.width / picture.width) * 100}%`;
      part.style.height = `${(box.height / picture.height) * 100}%`;
      part.setAttribute('aria-label', words.box(index + 1, this.boxes.length, box));
      part.toggleAttribute('data-chosen', index === this.chosen);
    });
  }

  private made(index: number): HTMLElement {
    const part = document.createElement('div');
    part.className = 'boxes-box';
    part.tabIndex = 0;
    // An application gets the arrow keys also while a screen reader is reading.
    part.setAttribute('role', 'application');
    part.setAttribute('aria-roledescription', this.options.words.kind);
    if (this.options.describedBy) {
      part.setAttribute('aria-describedby', this.options.describedBy);
    }
    part.append(...handles());
    part.addEventListener('focus', () => this.pick(index));
    part.addEventListener('keydown', (event) => this.key(event, index));
    this.stage.append(part);
    return part;
  }

  private pick(index: number): void {
    if (index === this.chosen) return;
    this.change(this.boxes, index, true);
  }

  private key(event: KeyboardEvent, index: number): void {
    const box = this.boxes[index];
    const arrow = ARROWS[event.key];
    if (!box || !isHeard('boxes', event)) return;
    event.preventDefault();
    if (!arrow) {
      this.remove(index);
    } else {
      event.stopPropagation();
      const far = event.shiftKey ? STRIDE : 1;
      const after = event.altKey
        ? this.stretched(box, arrow[0] * far, arrow[1] * far)
        : moved(box, arrow[0] * far, arrow[1] * far, this.options.picture);
      this.change(this.replaced(index, after), index, true);
      this.said.textContent = this.parts[index]?.getAttribute('aria-label') ?? '';
    }
  }

  private stretched(box: Rectangle, across: number, down: number): Rectangle {
    const grip: Grip = across ? { x: 1, y: 0 } : { x: 0, y: 1 };
    const locked = this.locked();
    // A tall box must grow by so much for its width to grow by a pixel.
    const far = locked === null ? down : down * Math.max(1, 1 / locked);
    return sized(box, grip, across, far, this.options.picture, locked);
  }

  private locked(): Proportion {
    return this.options.single ? (this.options.proportion ?? null) : null;
  }

  private replaced(index: number, box: Rectangle): Rectangle[] {
    return this.boxes.map((old, place) => (place === index ? box : old));
  }

  private point(event: PointerEvent): { x: number; y: number } {
    const shown = this.image.getBoundingClientRect();
    const { picture } = this.options;
    return {
      x: ((event.clientX - shown.left) / shown.width) * picture.width,
      y: ((event.clientY - shown.top) / shown.height) * picture.height,
    };
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    const target = event.target as HTMLElement;
    const index = this.parts.findIndex((part) => part.contains(target));
    const start = this.point(event);
    if (index >= 0) this.drag(event, index, this.grabbed(index, target.dataset.grip, start));
    else this.drawn(event, start);
  }

  private grabbed(index: number, grip: string | undefined, start: { x: number; y: number }): Drag {
    const box = { ...(this.boxes[index] as Rectangle) };
    const { picture } = this.options;
    const held = grip === undefined ? null : (GRIPS[Number(grip)] as Grip);
    return (x, y) =>
      held
        ? sized(box, held, x - start.x, y - start.y, picture, this.locked())
        : moved(box, x - start.x, y - start.y, picture);
  }

  private drawn(event: PointerEvent, start: { x: number; y: number }): void {
    const { picture, single, most = Infinity } = this.options;
    if (!single && this.boxes.length >= most) return;
    const index = single ? 0 : this.boxes.length;
    this.drag(event, index, (x, y) => spanned(start, { x, y }, picture, this.locked()));
  }

  /** Follows the pointer until it is let go. A drag that leads nowhere changes nothing. */
  private drag(event: PointerEvent, index: number, shape: Drag): void {
    const before = this.boxes;
    const isNew = index >= before.length || Boolean(this.options.single);
    const begin = { x: event.clientX, y: event.clientY };
    const over = new AbortController();
    let isMoving = false;
    const move = (next: PointerEvent): void => {
      const far = Math.hypot(next.clientX - begin.x, next.clientY - begin.y);
      if (!isMoving && far < (isNew ? LEAST_DRAWN : 1)) return;
      isMoving = true;
      const { x, y } = this.point(next);
      const kept = before.slice();
      kept[index] = shape(x, y);
      this.change(kept, index, false);
    };
    const end = (keeps: boolean): void => {
      over.abort();
      if (isMoving) this.change(keeps ? this.boxes : before, keeps ? index : -1, true);
      this.focus(index);
    };
    const more = { signal: over.signal };
    this.stage.setPointerCapture(event.pointerId);
    this.stage.addEventListener('pointermove', move, more);
    this.stage.addEventListener('pointerup', () => end(true), more);
    this.stage.addEventListener('pointercancel', () => end(false), more);
    window.addEventListener('keydown', (key) => key.key === 'Escape' && end(false), more);
  }
}
