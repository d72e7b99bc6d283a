// Rectangles over a picture: whole pixels, never outside it, in a fixed proportion if one is asked.

export interface Rectangle {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Which edges a handle takes along: -1 left or top, 1 right or bottom, 0 neither. */
export interface Grip {
  x: -1 | 0 | 1;
  y: -1 | 0 | 1;
}

/** Width by height, as 16 / 9; null means any. */
export type Proportion = number | null;

/** Less than a pointer can point at. */
const HAIR = 1e-3;

const between = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), most);

/** The next whole pixel on that side, -1 or 1; a hair past one is that one. */
const outward = (value: number, side: number): number =>
  side < 0 ? Math.floor(value + HAIR) : Math.ceil(value - HAIR);

/** The rectangle so far away, stopped at the edges. */
export function moved(box: Rectangle, across: number, down: number, within: Size): Rectangle {
  return {
    ...box,
    left: between(Math.round(box.left + across), 0, within.width - box.width),
    top: between(Math.round(box.top + down), 0, within.height - box.height),
  };
}

/** The rectangle with the edges of the grip so far away, or a part of a pixel further; the opposite
 * ones stay. */
export function sized(
  box: Rectangle,
  grip: Grip,
  across: number,
  down: number,
  within: Size,
  proportion: Proportion = null,
): Rectangle {
  const whole = (side: number): number => (proportion === null ? outward(side, 1) : side);
  const width = whole(box.width + grip.x * across);
  const height = whole(box.height + grip.y * down);
  const toLeft = grip.x < 0;
  const toTop = grip.y < 0;
  const room = {
    width: Math.max(1, toLeft ? box.left + box.width : within.width - box.left),
    height: Math.max(1, toTop ? box.top + box.height : within.height - box.top),
  };
  const follows = grip.x === 0 || (grip.y !== 0 && Math.abs(down) > Math.abs(across));
  const size = measured(width, height, room, proportion, follows);
  return {
    left: toLeft ? box.left + box.width - size.width : box.left,
    top: toTop ? box.top + box.height - size.height : box.top,
    ...size,
  };
}

/** The rectangle that a pointer draws from one point to another: at least all that lies between. */
export function spanned(
  from: { x: number; y: number },
  to: { x: number; y: number },
  within: Size,
  proportion: Proportion = null,
): Rectangle {
  const grip: Grip = { x: to.x < from.x ? -1 : 1, y: to.y < from.y ? -1 : 1 };
  const start = {
    left: between(outward(from.x, -grip.x), 0, within.width - (grip.x > 0 ? 1 : 0)),
    top: between(outward(from.y, -grip.y), 0, within.height - (grip.y > 0 ? 1 : 0)),
    width: 0,
    height: 0,
  };
  const across = to.x - start.left;
  const drawn = sized(start, grip, across, to.y - start.top, within, proportion);
  return moved(drawn, 0, 0, within);
}

/** The rectangle cut and rounded to the picture, and brought to the proportion about its middle. */
export function fitted(box: Rectangle, within: Size, proportion: Proportion = null): Rectangle {
  const size = measured(box.width, box.height, within, proportion, false);
  const left = box.left + (box.width - size.width) / 2;
  const top = box.top + (box.height - size.height) / 2;
  return moved({ left, top, ...size }, 0, 0, within);
}

/** The largest rectangle of the proportion, in the middle; half the picture where any will do. */
export function centred(within: Size, proportion: Proportion = null): Rectangle {
  const part = proportion === null ? 0.5 : 1;
  const box = { left: 0, top: 0, width: within.width * part, height: within.height * part };
  const left = (within.width - box.width) / 2;
  const top = (within.height - box.height) / 2;
  return fitted({ ...box, left, top }, within, proportion);
}

function measured(
  width: number,
  height: number,
  room: Size,
  proportion: Proportion,
  heightLeads: boolean,
): Size {
  if (proportion === null) {
    return {
      width: between(Math.round(width), 1, room.width),
      height: between(Math.round(height), 1, room.height),
    };
  }
  const wished = heightLeads ? height * proportion : width;
  const most = Math.min(room.width, room.height * proportion);
  const across = Math.round(between(wished, Math.min(Math.max(1, proportion), most), most));
  return {
    width: between(across, 1, room.width),
    height: between(Math.round(across / proportion), 1, room.height),
  };
}
