/** The frames of a flame graph where they are drawn, and what they come to by function. Pure. */
import type { FlameAnswer } from '../../page-api/answers.ts';

/** Columns of the same length as those of the answer; a frame's own are behind it. */
export interface FlameLayout {
  readonly flame: FlameAnswer;
  readonly frames: number;
  /** Nanoseconds of all. */
  readonly totalNs: number;
  readonly depths: number;
  readonly depth: Uint16Array;
  /** Nanoseconds from the left at which it begins, and how wide it is. */
  readonly from: Float64Array;
  readonly size: Float64Array;
  /** Index behind the last frame below it. */
  readonly end: Uint32Array;
  /** Nanoseconds of nothing below it. */
  readonly self: Float64Array;
}

export function flameLayout(flame: FlameAnswer): FlameLayout {
  const { parent, onNs, offNs } = flame;
  const frames = parent.length;
  const depth = new Uint16Array(frames);
  const [from, size, self] = [0, 1, 2].map(() => new Float64Array(frames)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const end = new Uint32Array(frames);
  /** Where the next below each begins. */
  const next = new Float64Array(frames);
  let [totalNs, depths] = [0, 0];
  for (let index = 0; index < frames; index++) {
    const of = parent[index] as number;
    const ns = (onNs[index] as number) + (offNs[index] as number);
    size[index] = ns;
    self[index] = ns;
    if (of < 0) {
      from[index] = totalNs;
      totalNs += ns;
    } else {
      depth[index] = (depth[of] as number) + 1;
      from[index] = next[of] as number;
      next[of] = (next[of] as number) + ns;
      self[of] = (self[of] as number) - ns;
    }
    next[index] = from[index] as number;
    depths = Math.max(depths, (depth[index] as number) + 1);
  }
  for (let index = frames - 1; index >= 0; index--) {
    end[index] = Math.max(end[index] as number, index + 1);
    const of = parent[index] as number;
    if (of >= 0) end[of] = Math.max(end[of] as number, end[index] as number);
  }
  return { flame, frames, totalNs, depths, depth, from, size, end, self };
}

export const frameName = ({ texts, name }: FlameAnswer, index: number): string =>
  texts[name[index] as number] ?? '';

/** `net/http.(*conn).serve` → `http.(*conn).serve`. */
export const shortName = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** `server.go:2067`; empty if it is not known. */
export function placeText({ texts, file, line }: FlameAnswer, index: number): string {
  const path = texts[file[index] as number] ?? '';
  const at = line[index] as number;
  return path === '' || at === 0 ? shortName(path) : `${shortName(path)}:${at}`;
}

/** The frame itself is among them. */
export function isBelow({ end }: FlameLayout, index: number, of: number | undefined): boolean {
  return of === undefined || (index >= of && index < (end[of] as number));
}

/** Indexes of frames whose name or file has that text in it. */
export function framesWith({ texts, name, file }: FlameAnswer, text: string): ReadonlySet<number> {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return new Set();
  const has = texts.map((one) => one.toLowerCase().includes(wanted));
  const found = new Set<number>();
  for (let index = 0; index < name.length; index++)
    if (has[name[index] as number] || has[file[index] as number]) found.add(index);
  return found;
}

/** How much of all is within frames of the set: what is in two of them is there once. */
export function sharedNs(
  { flame: { parent }, size, end, frames }: FlameLayout,
  of: ReadonlySet<number>,
): number {
  let sum = 0;
  for (let index = 0; index < frames && parent.length > 0; ) {
    if (of.has(index)) {
      sum += size[index] as number;
      index = end[index] as number;
    } else index++;
  }
  return sum;
}

/** What a function, or a kind of wait, comes to in all its frames. */
export interface FrameRow {
  readonly key: string;
  readonly name: string;
  readonly place: string;
  readonly isWait: boolean;
  /** Of these its largest. */
  readonly index: number;
  selfNs: number;
  totalNs: number;
  onNs: number;
  offNs: number;
}

/** Of all frames below one, or of all. What calls itself counts once. */
export function frameRows(layout: FlameLayout, within: number | undefined): FrameRow[] {
  const { flame, size, self, depth } = layout;
  const rows = new Map<string, FrameRow>();
  /** Rows of the frames around the present one, by depth. */
  const around: (FrameRow | undefined)[] = [];
  const last = within === undefined ? layout.frames : (layout.end[within] as number);
  for (let index = within ?? 0; index < last; index++) {
    const at = depth[index] as number;
    around.length = at;
    const isWait = flame.isWait[index] === 1;
    const key = `${flame.isWait[index]} ${flame.name[index]} ${flame.file[index]}`;
    const ns = size[index] as number;
    let row = rows.get(key);
    if (row === undefined) {
      const [name, place] = [frameName(flame, index), placeText(flame, index)];
      row = { key, name, place, isWait, index, selfNs: 0, totalNs: 0, onNs: 0, offNs: 0 };
      rows.set(key, row);
    }
    row.selfNs += self[index] as number;
    if (!around.includes(row)) {
      row.totalNs += ns;
      row.onNs += flame.onNs[index] as number;
      row.offNs += flame.offNs[index] as number;
    }
    around.push(row);
  }
  return [...rows.values()];
}
