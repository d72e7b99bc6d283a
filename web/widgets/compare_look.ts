// How the compare view looks. A constructable sheet: a policy that forbids inline styles allows it.

export const LOOK = `
:host { display: block; --thumb: 2.75rem; }
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
.bar, .bar > div { display: flex; flex-wrap: wrap; gap: 0.375rem; align-items: center; }
.bar { gap: 0.5rem 1rem; margin-bottom: 0.5rem; }
button {
  min-height: var(--target, 2.25rem); min-width: var(--target, 2.25rem);
  padding: 0.2rem 0.7rem; border: 1px solid var(--line-strong, #777);
  border-radius: var(--round-small, 6px); background: var(--raised, #fff);
  color: var(--ink, #000); font: inherit; font-size: 0.875rem; cursor: pointer;
  touch-action: manipulation; user-select: none;
}
button:hover { border-color: var(--accent, #840); background: var(--accent-soft, #fec); }
button[aria-pressed='true'] {
  border-color: var(--accent, #840); background: var(--accent-soft, #fec);
  box-shadow: inset 0 -3px var(--accent, #840);
}
button[aria-disabled='true'] { color: var(--ink-soft, #555); border-color: var(--line, #ccc); }
:focus-visible { outline: 3px solid var(--focus, #a50); outline-offset: 2px; }
.stage {
  position: relative; display: grid; grid-template-columns: 1fr; gap: 2px; overflow: hidden;
  height: var(--compare-height, clamp(15rem, 62dvh, 44rem));
  border-radius: var(--round-small, 6px); background: var(--well, #ddd);
}
.stage[data-mode='side'] { grid-template-columns: 1fr 1fr; }
.scroller { position: relative; min-width: 0; overflow: auto; overscroll-behavior: contain; }
.scroller:focus-visible { outline-offset: -3px; }
.sheet { position: relative; isolation: isolate; margin: 0 auto; }
.sheet[data-sharp] img { image-rendering: pixelated; }
img {
  position: absolute; inset: 0; display: block; width: 100%; height: 100%;
  max-width: none; user-select: none; -webkit-user-drag: none;
}
.stage[data-mode='slider'] { cursor: ew-resize; }
.stage[data-mode='slider'][data-pans] { cursor: grab; }
.stage[data-mode='slider']:not([data-pans]) .scroller { touch-action: pan-y pinch-zoom; }
.stage[data-mode='lens'] .scroller { touch-action: none; cursor: crosshair; }
.stage[data-mode='lens'] .before { z-index: 1; }
.stage[data-mode='difference'] .after { mix-blend-mode: difference; }
.stage[data-mode='difference']:not([data-held]) .sheet { filter: brightness(4); }
.stage[data-held] .before { z-index: 1; clip-path: none !important; }
.line {
  position: absolute; top: 0; bottom: 0; width: 2px; margin-left: -1px;
  background: #fff; box-shadow: 0 0 0 1px rgb(0 0 0 / 55%); pointer-events: none;
}
.ring {
  position: absolute; border: 2px solid #fff; border-radius: 50%;
  box-shadow: 0 0 0 1px rgb(0 0 0 / 60%); pointer-events: none;
}
.split {
  position: absolute; top: 50%; height: var(--thumb); margin: calc(var(--thumb) / -2) 0 0;
  padding: 0; appearance: none; background: none; pointer-events: none; outline: none;
}
.split::-webkit-slider-thumb {
  appearance: none; width: var(--thumb); height: var(--thumb); border: 2px solid #fff;
  border-radius: 50%; background: rgb(20 17 14 / 72%) var(--arrows) center / 1.6rem no-repeat;
  box-shadow: 0 0 0 1px rgb(0 0 0 / 50%); cursor: ew-resize; pointer-events: auto;
}
.split::-moz-range-thumb {
  width: var(--thumb); height: var(--thumb); border: 2px solid #fff; border-radius: 50%;
  background: rgb(20 17 14 / 72%) var(--arrows) center / 1.6rem no-repeat;
  box-shadow: 0 0 0 1px rgb(0 0 0 / 50%); cursor: ew-resize; pointer-events: auto;
}
.split:focus-visible::-webkit-slider-thumb { outline: 3px solid var(--focus, #a50); outline-offset: 2px; }
.split:focus-visible::-moz-range-thumb { outline: 3px solid var(--focus, #a50); outline-offset: 2px; }
.label {
  position: absolute; top: 0.5rem; max-width: 45%; padding: 0.1rem 0.5rem; overflow: hidden;
  border-radius: 1rem; background: rgb(20 17 14 / 78%); color: #fff; font-size: 0.8125rem;
  text-overflow: ellipsis; white-space: nowrap; pointer-events: none;
}
.label.first { left: 0.5rem; }
.label.second { right: 0.5rem; }
.note { margin: 0.375rem 0 0; color: var(--ink-soft, #555); font-size: 0.875rem; }
@container (max-width: 28rem) { .stage[data-mode='side'] { grid-template: 1fr 1fr / 1fr; } }
`;

const STROKES = '%3Cpath d="M9 6l-6 6 6 6M15 6l6 6-6 6"/%3E';

/** Two arrows, drawn in the sheet itself: no request for a picture. */
export const ARROWS =
  `url('data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" ` +
  `fill="none" stroke="white" stroke-width="2"%3E${STROKES}%3C/svg%3E')`;
