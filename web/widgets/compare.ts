// Two pictures compared: a split to move, side by side, their difference, or through a lens.
//
//   defineCompare();
//   const view = document.createElement('safelight-compare') as CompareView;
//   view.words = words; view.original = url; view.result = other;
//
// Keys while no field has the focus: 1 original, 2 middle, 3 result, B held shows the original.

import { isHeard, keyboard } from '../core/keys';
import { ARROWS, LOOK } from './compare_look';
import {
  isAlike,
  region,
  shownSize,
  splitAfter,
  splitAt,
  type Size,
  type Zoom,
} from './compare_layout';
import { group, made, MODES, toggle, type CompareWords, type Mode } from './compare_parts';

export type { CompareWords, Mode } from './compare_parts';

const ZOOMS: readonly Zoom[] = ['fit', 1, 2];

const JUMPS: Record<string, number> = { '1': 100, '2': 50, '3': 0 };
const LENS_RADIUS = 96;
const LENS_STEP = 12;
const CLICK_PX = 5;
const THUMB_PX = 44;
const TAG = 'safelight-compare';

/** Makes the element known; more than once does no harm. */
export function defineCompare(): void {
  if (!customElements.get(TAG)) customElements.define(TAG, CompareView);
}

// Where there is no page, as in a test of the layout, there is no element either.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

export class CompareView extends Base {
  private mode: Mode = 'slider';
  private zoom: Zoom = 'fit';
  private split = 50;
  private lens = { x: 0.5, y: 0.5 };
  private held = false;
  private told: CompareWords | null = null;
  private over: AbortController | null = null;
  private deaf = (): void => {};
  private readonly bar = made('div', 'bar');
  private readonly stage = made('div', 'stage');
  private readonly scrollers = [made('div', 'scroller'), made('div', 'scroller')] as const;
  private readonly sheets = [made('div', 'sheet'), made('div', 'sheet')] as const;
  private readonly pictures = [made('img', 'before'), made('img', 'after')] as const;
  private readonly range = made('input', 'split');
  private readonly line = made('div', 'line');
  private readonly ring = made('div', 'ring');
  private readonly labels = [made('span', 'label first'), made('span', 'label second')] as const;
  private readonly note = made('p', 'note');
  private readonly hold = made('button', 'hold');
  private readonly resized = new ResizeObserver(() => this.layout());

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const look = new CSSStyleSheet();
    look.replaceSync(`:host { --arrows: ${ARROWS}; } ${LOOK}`);
    root.adoptedStyleSheets = [look];
    this.scrollers.forEach((scroller, index) => {
      scroller.tabIndex = 0;
      scroller.setAttribute('role', 'group');
      scroller.append(this.sheets[index] as HTMLElement);
    });
    Object.assign(this.range, { type: 'range', min: '0', max: '100', step: '1', value: '50' });
    this.stage.append(...this.scrollers, this.line, this.ring, this.range, ...this.labels);
    for (const picture of this.pictures) {
      picture.draggable = false;
      picture.addEventListener('load', () => this.layout());
    }
    root.append(this.bar, this.stage, this.note);
  }

  set words(words: CompareWords) {
    this.told = words;
    this.write(words);
    this.layout();
  }

  set original(url: string) {
    this.picture(0, url);
  }

  set result(url: string) {
    this.picture(1, url);
  }

  connectedCallback(): void {
    this.over = new AbortController();
    const more = { signal: this.over.signal };
    this.resized.observe(this.stage);
    this.range.addEventListener('input', () => this.moveTo(Number(this.range.value)), more);
    this.range.addEventListener('keydown', (event) => this.rangeKey(event), more);
    this.stage.addEventListener('pointerdown', (event) => this.press(event), more);
    this.stage.addEventListener('pointermove', (event) => this.lensTo(event), more);
    this.scrollers.forEach((scroller, index) => {
      scroller.addEventListener('scroll', () => this.follow(index), more);
      scroller.addEventListener('keydown', (event) => this.lensKey(event), more);
    });
    this.deaf = keyboard(document, (keys) => this.key(keys));
    document.addEventListener('keyup', () => this.show(false), more);
    window.addEventListener('blur', () => this.show(false), more);
    this.layout();
  }

  disconnectedCallback(): void {
    this.over?.abort();
    this.deaf();
    this.resized.disconnect();
  }

  private picture(place: 0 | 1, url: string): void {
    if (url && this.pictures[place].src !== url) this.pictures[place].src = url;
  }

  private write(words: CompareWords): void {
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', words.view);
    const modes = MODES.map((mode) => {
      return toggle(words.modes[mode], 'mode', mode, () => this.choose(mode));
    });
    const zooms = ZOOMS.map((zoom) => {
      const text = zoom === 'fit' ? words.fit : `${zoom * 100} %`;
      return toggle(text, 'zoom', String(zoom), () => this.zoomTo(zoom));
    });
    this.hold.textContent = words.hold;
    this.hold.type = 'button';
    this.hold.onpointerdown = () => this.show(true);
    this.hold.onpointerup = this.hold.onpointerleave = this.hold.onblur = () => this.show(false);
    this.hold.onkeydown = (event) => {
      if ([' ', 'Enter'].includes(event.key)) this.show(true); // false would keep Tab from going on
    };
    this.hold.onkeyup = () => this.show(false);
    this.bar.replaceChildren(group(words.mode, modes), group(words.zoom, zooms), this.hold);
    this.range.setAttribute('aria-label', words.split);
    for (const scroller of this.scrollers) scroller.setAttribute('aria-label', words.view);
    this.pictures[0].alt = words.before;
    this.pictures[1].alt = words.after;
  }

  private get sizes(): [Size, Size] {
    const [before, after] = this.pictures.map((one) => {
      return { width: one.naturalWidth || 1, height: one.naturalHeight || 1 };
    });
    return [before as Size, after as Size];
  }

  /** The mode that the pictures allow: of two shapes nothing can be laid on the other. */
  private get shown(): Mode {
    return isAlike(...this.sizes) ? this.mode : 'side';
  }

  private layout(): void {
    if (!this.told || !this.stage.clientWidth) return;
    const mode = this.shown;
    const aside = mode === 'side';
    this.stage.dataset['mode'] = mode;
    this.scrollers[1].hidden = !aside;
    this.sheets[0].append(...(aside ? [this.pictures[0]] : this.pictures));
    if (aside) this.sheets[1].append(this.pictures[1]);
    const [before, after] = this.sizes;
    this.place(0, aside ? before : after);
    this.place(1, after);
    this.marks(mode);
    this.state(mode, this.told);
    this.draw();
  }

  private place(index: 0 | 1, size: Size): void {
    const scroller = this.scrollers[index];
    const stage = { width: scroller.clientWidth || 1, height: this.stage.clientHeight };
    // In two rows, as on a phone, each has half of the height.
    stage.height = scroller.clientHeight || stage.height;
    const shown = shownSize(size, stage, this.zoom, window.devicePixelRatio);
    const { style, dataset } = this.sheets[index];
    style.width = `${shown.width}px`;
    style.height = `${shown.height}px`;
    style.marginTop = `${Math.max(0, (stage.height - shown.height) / 2)}px`;
    if (this.zoom === 2) dataset['sharp'] = '';
    else delete dataset['sharp'];
  }

  private marks(mode: Mode): void {
    this.range.hidden = this.line.hidden = mode !== 'slider';
    this.ring.hidden = mode !== 'lens';
    this.labels[1].hidden = mode === 'difference' || mode === 'lens';
    const [scroller] = this.scrollers;
    const pans = scroller.scrollWidth > scroller.clientWidth + 1 || scroller.scrollHeight > scroller.clientHeight + 1;
    this.stage.toggleAttribute('data-pans', pans);
  }

  private state(mode: Mode, words: CompareWords): void {
    for (const button of this.bar.querySelectorAll<HTMLElement>('[data-mode],[data-zoom]')) {
      const { mode: ofMode, zoom } = button.dataset;
      button.setAttribute('aria-pressed', String(ofMode ? ofMode === mode : zoom === String(this.zoom)));
      if (ofMode) button.setAttribute('aria-disabled', String(ofMode !== mode && mode !== this.mode));
    }
    const first = { slider: words.before, side: words.before, difference: words.modes.difference };
    this.labels[0].textContent = this.held || mode === 'lens' ? words.before : first[mode];
    this.labels[1].textContent = this.held ? words.before : words.after;
    this.note.textContent =
      mode !== this.mode ? words.differs : mode === 'difference' ? words.brighter : '';
    this.note.hidden = !this.note.textContent;
  }

  /** What moves with the split, the lens and the scroll; nothing is measured anew but these. */
  private draw(): void {
    const [scroller] = this.scrollers;
    const part = region(this.sheets[0].offsetWidth, scroller.clientWidth);
    const x = part.left + (part.width * this.split) / 100;
    this.line.style.left = `${x}px`;
    this.range.style.left = `${part.left - THUMB_PX / 2}px`;
    this.range.style.width = `${part.width + THUMB_PX}px`;
    this.range.value = String(this.split);
    this.range.setAttribute('aria-valuetext', this.told?.part(this.split) ?? '');
    const inset = Math.max(0, x - part.left + scroller.scrollLeft);
    const mode = this.shown;
    this.pictures[1].style.clipPath = mode === 'slider' ? `inset(0 0 0 ${inset}px)` : '';
    this.drawLens(mode);
  }

  private drawLens(mode: Mode): void {
    const [scroller] = this.scrollers;
    const [x, y] = [this.lens.x * scroller.clientWidth, this.lens.y * scroller.clientHeight];
    Object.assign(this.ring.style, {
      left: `${x - LENS_RADIUS}px`,
      top: `${y - LENS_RADIUS}px`,
      width: `${2 * LENS_RADIUS}px`,
      height: `${2 * LENS_RADIUS}px`,
    });
    const left = x + scroller.scrollLeft - this.sheets[0].offsetLeft;
    const top = y + scroller.scrollTop - this.sheets[0].offsetTop;
    this.pictures[0].style.clipPath =
      mode === 'lens' ? `circle(${LENS_RADIUS}px at ${left}px ${top}px)` : '';
  }

  private moveTo(split: number): void {
    this.split = split;
    this.draw();
  }

  private choose(mode: Mode): void {
    this.mode = mode;
    this.layout();
    this.follow(0);
  }

  /** What was in the middle stays there. */
  private zoomTo(zoom: Zoom): void {
    const [scroller] = this.scrollers;
    const middle = (at: number, seen: number, all: number): number => (at + seen / 2) / all;
    const x = middle(scroller.scrollLeft, scroller.clientWidth, scroller.scrollWidth);
    const y = middle(scroller.scrollTop, scroller.clientHeight, scroller.scrollHeight);
    this.zoom = zoom;
    this.layout();
    scroller.scrollLeft = x * scroller.scrollWidth - scroller.clientWidth / 2;
    scroller.scrollTop = y * scroller.scrollHeight - scroller.clientHeight / 2;
    this.draw();
  }

  private show(held: boolean): void {
    if (held === this.held) return;
    this.held = held;
    this.stage.toggleAttribute('data-held', held);
    this.layout();
  }

  /** One side is panned: the other shows the same share of its own way. */
  private follow(index: number): void {
    const [from, to] = index === 0 ? this.scrollers : [this.scrollers[1], this.scrollers[0]];
    const share = (at: number, all: number, seen: number): number => at / Math.max(1, all - seen);
    const x = share(from.scrollLeft, from.scrollWidth, from.clientWidth);
    const y = share(from.scrollTop, from.scrollHeight, from.clientHeight);
    const left = x * (to.scrollWidth - to.clientWidth);
    const top = y * (to.scrollHeight - to.clientHeight);
    if (Math.abs(to.scrollLeft - left) > 1) to.scrollLeft = left;
    if (Math.abs(to.scrollTop - top) > 1) to.scrollTop = top;
    this.draw();
  }

  private press(event: PointerEvent): void {
    const pans = this.stage.hasAttribute('data-pans');
    const mouse = event.pointerType === 'mouse';
    if (event.button !== 0 || event.target === this.range) return;
    this.lensTo(event);
    const slides = this.shown === 'slider';
    if (slides && !pans && mouse) this.splitTo(event);
    this.drag(event, pans && mouse && this.shown !== 'lens', slides);
  }

  /** Follows one pointer: pans where there is more to see, else moves the split. */
  private drag(start: PointerEvent, pans: boolean, slides: boolean): void {
    const scroller = this.scrollers.find((one) => start.composedPath().includes(one)) ?? this.scrollers[0];
    const from = { x: scroller.scrollLeft, y: scroller.scrollTop };
    const over = new AbortController();
    const more = { signal: over.signal };
    let far = 0;
    const move = (event: PointerEvent): void => {
      far = Math.max(far, Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY));
      if (pans && far > CLICK_PX) {
        scroller.scrollLeft = from.x - (event.clientX - start.clientX);
        scroller.scrollTop = from.y - (event.clientY - start.clientY);
      } else if (slides && !pans && !this.stage.hasAttribute('data-pans')) {
        this.splitTo(event);
      }
    };
    window.addEventListener('pointermove', move, more);
    window.addEventListener('pointercancel', () => over.abort(), more);
    window.addEventListener('pointerup', (event) => {
      over.abort();
      if (slides && far <= CLICK_PX) this.splitTo(event);
    }, more);
  }

  private splitTo(event: PointerEvent): void {
    const [scroller] = this.scrollers;
    const part = region(this.sheets[0].offsetWidth, scroller.clientWidth);
    this.moveTo(splitAt(event.clientX - this.stage.getBoundingClientRect().left, part));
  }

  private lensTo(event: PointerEvent): void {
    if (this.shown !== 'lens') return;
    const box = this.stage.getBoundingClientRect();
    this.lens.x = (event.clientX - box.left) / box.width;
    this.lens.y = (event.clientY - box.top) / box.height;
    this.draw();
  }

  private lensKey(event: KeyboardEvent): void {
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const step = steps[event.key];
    // With Shift the picture is panned, as in the other modes.
    if (this.shown !== 'lens' || !step || !isHeard('lens', event) || event.shiftKey) return;
    event.preventDefault();
    const [scroller] = this.scrollers;
    const within = (value: number): number => Math.min(1, Math.max(0, value));
    this.lens.x = within(this.lens.x + (step[0] * LENS_STEP) / scroller.clientWidth);
    this.lens.y = within(this.lens.y + (step[1] * LENS_STEP) / scroller.clientHeight);
    this.draw();
  }

  private rangeKey(event: KeyboardEvent): void {
    const split = splitAfter(event.key, this.split);
    if (split === null || !isHeard('compare', event)) return;
    event.preventDefault();
    this.moveTo(split);
  }

  private key(keys: string): boolean {
    if (!this.checkVisibility() || document.querySelector('dialog[open]')) return false;
    const jump = JUMPS[keys];
    if (jump !== undefined && this.shown === 'slider') this.moveTo(jump);
    else if (keys === 'b') this.show(true);
    else return false;
    return true;
  }
}
