/** Draws a flame graph, and says which frame is where. The outermost frames are at the top; what is too narrow is left out. */
import { type FlameLayout, frameName, shortName } from '../data/flame-layout.ts';
import { colourOf } from '../theme.ts';
import { useLabel, useProperty } from '../time-uses.ts';

export const ROW = 18;
/** Pixels: of something narrower nothing is drawn, … */
const LEAST = 1 / 3;
/** … and below this it has no name. */
const NAMED = 24;
const FONT = '11px ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace';
const PADDING = 4;

export interface FlameState {
  /** Shown as wide as the picture; undefined: all. */
  readonly zoomed: number | undefined;
  readonly active: number | undefined;
  readonly found: ReadonlySet<number>;
  readonly isSearched: boolean;
}

/** Where a frame is, in pixels. */
function placeOf({ from, size, totalNs }: FlameLayout, zoomed: number | undefined, width: number) {
  const [begin, whole] = zoomed === undefined ? [0, totalNs] : [from[zoomed], size[zoomed]];
  const scale = width / Math.max(1, whole as number);
  return (index: number): readonly [left: number, right: number] => {
    const left = ((from[index] as number) - (begin as number)) * scale;
    return [Math.max(0, left), Math.min(width, left + (size[index] as number) * scale)];
  };
}

/** Indexes of what is seen, in the order of drawing. */
function* seen(
  layout: FlameLayout,
  place: ReturnType<typeof placeOf>,
): Generator<readonly [index: number, left: number, right: number]> {
  const { frames, end } = layout;
  for (let index = 0; index < frames; ) {
    const [left, right] = place(index);
    if (right - left < LEAST) index = end[index] as number;
    else {
      yield [index, left, right];
      index++;
    }
  }
}

/** The frame at a place of the picture, in pixels. */
export function frameAt(
  layout: FlameLayout,
  zoomed: number | undefined,
  width: number,
  x: number,
  y: number,
): number | undefined {
  const row = Math.floor(y / ROW);
  for (const [index, left, right] of seen(layout, placeOf(layout, zoomed, width)))
    if (layout.depth[index] === row && x >= left && x < right) return index;
  return undefined;
}

/** Returns how many frames were drawn. */
export function drawFlame(canvas: HTMLCanvasElement, layout: FlameLayout, state: FlameState): number {
  const { clientWidth: width } = canvas;
  const height = layout.depths * ROW;
  const ratio = devicePixelRatio;
  canvas.width = Math.max(1, width * ratio);
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  if (!context) return 0;
  context.scale(ratio, ratio);
  context.font = FONT;
  context.textBaseline = 'middle';
  const letter = context.measureText('0').width;
  const [on, off, ink, accent] = ['--flame-on', '--flame-off', '--ink', '--accent'].map(colourOf) as [
    string,
    string,
    string,
    string,
  ];
  const leaves = new Map<string, Leaf>();
  const leafOf = (use: string): Leaf => {
    const known = leaves.get(use) ?? leafIn(context, colourOf(useProperty(use)));
    leaves.set(use, known);
    return known;
  };
  const { flame } = layout;
  let drawn = 0;
  for (const [index, left, right] of seen(layout, placeOf(layout, state.zoomed, width))) {
    drawn++;
    const top = (layout.depth[index] as number) * ROW;
    // A gap between neighbours, as long as there is room for one.
    const wide = right - left > 3 ? right - left - 1 : right - left;
    const name = frameName(flame, index);
    const leaf = flame.isWait[index] === 1 ? leafOf(name) : undefined;
    context.globalAlpha = state.isSearched && !state.found.has(index) ? 0.3 : 1;
    const share = leaf ? 0 : (flame.onNs[index] as number) / Math.max(1, layout.size[index] as number);
    context.fillStyle = leaf?.fill ?? off;
    context.fillRect(left, top, wide, ROW - 1);
    if (share > 0) {
      context.fillStyle = on;
      context.fillRect(left, top, wide * share, ROW - 1);
    }
    if (wide >= NAMED) {
      context.fillStyle = leaf?.ink ?? ink;
      const letters = Math.floor((wide - 2 * PADDING) / letter);
      const text = leaf ? useLabel(name) : shortName(name);
      const shown = text.length <= letters ? text : letters > 1 ? `${text.slice(0, letters - 1)}…` : '';
      context.fillText(shown, left + PADDING, top + ROW / 2);
    }
    context.globalAlpha = 1;
    if (index === state.active) {
      context.strokeStyle = accent;
      context.lineWidth = 2;
      context.strokeRect(left + 1, top + 1, Math.max(1, wide - 2), ROW - 3);
    }
  }
  return drawn;
}

interface Leaf {
  readonly fill: string;
  readonly ink: string;
}

/** With the ink that is read on it. */
function leafIn(context: CanvasRenderingContext2D, fill: string): Leaf {
  context.fillStyle = fill;
  // A canvas tells a colour without transparency as #rrggbb.
  const [red = 0, green = 0, blue = 0] = (String(context.fillStyle).match(/[0-9a-f]{2}/gi) ?? []).map((two) =>
    Number.parseInt(two, 16),
  );
  return { fill, ink: 0.3 * red + 0.59 * green + 0.11 * blue > 140 ? '#000000' : '#ffffff' };
}
