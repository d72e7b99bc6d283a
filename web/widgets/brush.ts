// <safelight-brush>: a cut-out that is painted on, by a pointer or by keys.
//
// open() takes the cut-out and the original; strokes are kept as lines in pixels of the picture, so
// that they can be undone and drawn again at full size. Arrows move the brush, the space bar paints
// while it is held, [ and ] change the size, x changes between adding and removing, u undoes.

import { isHeard } from '../core/keys';
import { drawStrokes, type Stroke } from './strokes';

export type Mode = Stroke['mode'];

const LONGEST = 2400; // on the canvas; the strokes themselves know no size
const LEAST_RADIUS = 1;
const STEP = 1.25;
const STYLE = `
  :host { display: block; position: relative; overflow: auto; max-height: 72vh; }
  .stage { position: relative; margin: auto; width: fit-content; max-width: 100%; cursor: none;
    touch-action: pinch-zoom; outline-offset: 2px; background-size: cover;
    background-position: center; }
  .stage:focus-visible { outline: 3px solid var(--focus, #c60); }
  :host([zoom]) .stage { max-width: none; }
  canvas { display: block; max-width: 100%; max-height: 68vh; }
  :host([zoom]) canvas { max-width: none; max-height: none; }
  .clip { position: absolute; inset: 0; overflow: hidden; pointer-events: none; }
  .tip { position: absolute; left: 0; top: 0; border: 1.5px solid #fff; border-radius: 50%;
    box-shadow: 0 0 0 1.5px #000, inset 0 0 0 1px #0008; display: none; }
  .stage:hover .tip, .stage:focus .tip { display: block; }
  .tip::after { content: '+'; position: absolute; left: 50%; top: 50%; font: 700 14px sans-serif;
    color: #fff; text-shadow: 0 0 3px #000, 0 0 2px #000; transform: translate(-50%, -52%); }
  .tip.remove::after { content: '\\2212'; }
`;

export class BrushElement extends HTMLElement {
  private readonly stage = document.createElement('div');
  private readonly canvas = document.createElement('canvas');
  private readonly tip = document.createElement('div');
  private cut: CanvasImageSource | null = null;
  private original: CanvasImageSource | null = null;
  private size: readonly [number, number] = [1, 1];
  private scale = 1;
  private done: Stroke[] = [];
  private undone: Stroke[] = [];
  private points: [number, number][] | null = null;
  private place: [number, number] = [0, 0];
  private ownMode: Mode = 'remove';
  private ownRadius = 20;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this.stage.className = 'stage';
    this.stage.tabIndex = 0;
    this.stage.setAttribute('role', 'application');
    this.stage.setAttribute('part', 'stage');
    this.tip.className = 'tip';
    const clip = document.createElement('div');
    clip.className = 'clip';
    clip.append(this.tip);
    this.stage.append(this.canvas, clip);
    root.append(this.stage);
    this.listen();
  }

  static observedAttributes = ['label', 'zoom'];

  attributeChangedCallback(name: string, _before: string | null, value: string | null): void {
    if (name === 'label') this.stage.setAttribute('aria-label', value ?? '');
    if (name === 'zoom') this.zoomed();
  }

  /** What is painted on; both have the same size in pixels. Of strokes, those given are there. */
  open(
    cut: CanvasImageSource,
    original: CanvasImageSource,
    width: number,
    height: number,
    strokes: readonly Stroke[] = [],
  ): void {
    [this.cut, this.original, this.size] = [cut, original, [width, height]];
    this.scale = Math.min(1, LONGEST / Math.max(width, height));
    this.canvas.width = Math.max(1, Math.round(width * this.scale));
    this.canvas.height = Math.max(1, Math.round(height * this.scale));
    [this.done, this.undone] = [[...strokes], []];
    this.place = [width / 2, height / 2];
    this.radius = Math.max(width, height) / 40;
    this.redraw();
    this.zoomed();
  }

  get strokes(): readonly Stroke[] {
    return this.done;
  }

  get mode(): Mode {
    return this.ownMode;
  }

  set mode(mode: Mode) {
    this.ownMode = mode;
    this.showTip();
    this.tell('settings');
  }

  /** In pixels of the picture. */
  get radius(): number {
    return this.ownRadius;
  }

  set radius(radius: number) {
    const most = Math.max(...this.size) / 4;
    this.ownRadius = Math.max(LEAST_RADIUS, Math.min(most, radius));
    this.showTip();
    this.tell('settings');
  }

  /** A style for what lies below the subject: a colour, or an image of a URL. */
  set ground(style: { colour?: string; image?: string }) {
    this.stage.style.backgroundColor = style.colour ?? '';
    this.stage.style.backgroundImage = style.image ?? checked();
    this.stage.style.backgroundSize = style.image === undefined ? '20px 20px' : 'cover';
    if (style.colour !== undefined) this.stage.style.backgroundImage = 'none';
  }

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  undo(): void {
    const last = this.done.pop();
    if (last !== undefined) this.undone.push(last);
    this.redraw();
    this.tell('strokes');
  }

  redo(): void {
    const last = this.undone.pop();
    if (last !== undefined) this.done.push(last);
    this.redraw();
    this.tell('strokes');
  }

  private listen(): void {
    const { stage } = this;
    stage.addEventListener('pointerdown', (event) => this.pressed(event));
    stage.addEventListener('pointermove', (event) => this.drawnTo(event));
    for (const kind of ['pointerup', 'pointercancel'] as const) {
      stage.addEventListener(kind, () => this.lifted());
    }
    stage.addEventListener('keydown', (event) => this.keyed(event));
    stage.addEventListener('keyup', (event) => {
      if (event.key === ' ') this.lifted();
    });
    stage.addEventListener('blur', () => this.lifted());
    new ResizeObserver(() => this.showTip()).observe(this.canvas);
  }

  private pressed(event: PointerEvent): void {
    if (event.button !== 0 || !event.isPrimary) return;
    this.stage.focus({ preventScroll: true });
    this.stage.setPointerCapture(event.pointerId);
    event.preventDefault();
    this.goTo(event);
    this.begin();
  }

  private drawnTo(event: PointerEvent): void {
    if (!event.isPrimary) return;
    for (const one of event.getCoalescedEvents?.() ?? []) this.step(one);
    this.step(event);
  }

  private step(event: PointerEvent): void {
    this.goTo(event);
    this.extend();
  }

  private goTo(event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.size[0];
    const y = ((event.clientY - box.top) / box.height) * this.size[1];
    this.place = [x, y];
    this.showTip();
  }

  private keyed(event: KeyboardEvent): void {
    if (!isHeard('brush', event)) return;
    const step = event.shiftKey ? 1 : Math.max(1, this.ownRadius / 2);
    const ways: Record<string, () => void> = {
      ArrowLeft: () => this.nudge(-step, 0),
      ArrowRight: () => this.nudge(step, 0),
      ArrowUp: () => this.nudge(0, -step),
      ArrowDown: () => this.nudge(0, step),
      ' ': () => this.points ?? this.begin(),
      '[': () => (this.radius = this.ownRadius / STEP),
      ']': () => (this.radius = this.ownRadius * STEP),
      u: () => this.undo(),
      z: () => this.undo(),
      x: () => (this.mode = this.ownMode === 'add' ? 'remove' : 'add'),
    };
    event.preventDefault();
    event.stopPropagation();
    ways[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.();
  }

  private nudge(across: number, down: number): void {
    const [width, height] = this.size;
    const [x, y] = this.place;
    this.place = [
      Math.max(0, Math.min(width, x + across)),
      Math.max(0, Math.min(height, y + down)),
    ];
    this.showTip();
    this.extend();
  }

  private begin(): void {
    this.points = [this.place];
    this.extend();
  }

  private extend(): void {
    if (this.points === null || this.original === null) return;
    const before = this.points.at(-1) ?? this.place;
    this.points.push(this.place);
    const part = { mode: this.ownMode, radius: this.ownRadius, points: [before, this.place] };
    const drawing = this.canvas.getContext('2d');
    if (drawing !== null) drawStrokes(drawing, [part], this.original, this.scale, this.size);
  }

  private lifted(): void {
    if (this.points === null) return;
    this.done.push({ mode: this.ownMode, radius: this.ownRadius, points: this.points });
    this.points = null;
    this.undone = [];
    this.tell('strokes');
  }

  private redraw(): void {
    const drawing = this.canvas.getContext('2d');
    if (drawing === null || this.cut === null || this.original === null) return;
    drawing.clearRect(0, 0, this.canvas.width, this.canvas.height);
    drawing.drawImage(this.cut, 0, 0, this.canvas.width, this.canvas.height);
    drawStrokes(drawing, this.done, this.original, this.scale, this.size);
    this.showTip();
  }

  private showTip(): void {
    const shown = this.canvas.clientWidth / this.size[0];
    const across = 2 * this.ownRadius * shown;
    const [x, y] = this.place.map((one) => one * shown - across / 2);
    this.tip.style.width = this.tip.style.height = `${across}px`;
    this.tip.style.transform = `translate(${x}px, ${y}px)`;
    this.tip.classList.toggle('remove', this.ownMode === 'remove');
  }

  private zoomed(): void {
    const zoom = Number(this.getAttribute('zoom'));
    this.canvas.style.width = zoom > 0 ? `${this.size[0] * zoom}px` : '';
    this.showTip();
  }

  private tell(what: 'strokes' | 'settings'): void {
    this.dispatchEvent(new CustomEvent(what));
  }
}

function checked(): string {
  return 'conic-gradient(#d8d8d8 25%, #fff 0 50%, #d8d8d8 0 75%, #fff 0)';
}

export function defineBrush(): void {
  if (customElements.get('safelight-brush') === undefined) {
    customElements.define('safelight-brush', BrushElement);
  }
}
