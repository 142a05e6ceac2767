/** One tree of frames of what was seen of a span, of its goroutine, or of all below it. */
import type { FlameAnswer, StacksAnswer, TraceAnswer } from '../page-api/answers.ts';
import type { FlameScope } from '../page-api/query.ts';
import { Texts } from '../span/texts.ts';

/** More are left out, the smallest first: no picture shows them. */
const FRAMES_MAX = 50_000;
const UNKNOWN = '[unknown]';

interface Frame {
  readonly name: string;
  readonly file: string;
  readonly isWait: boolean;
  readonly children: Map<string, Frame>;
  /** Nanoseconds by line of the code. */
  readonly byLine: Map<number, number>;
  onNs: number;
  offNs: number;
}

const newFrame = (name: string, file: string, isWait = false): Frame => ({
  ...{ name, file, isWait, children: new Map(), byLine: new Map(), onNs: 0, offNs: 0 },
});

/** `hasOthers`: something was seen in spans of other traces. */
export function flameOf(
  trace: TraceAnswer,
  stacks: StacksAnswer,
  spanId: string,
  scope: FlameScope,
  hasOthers: boolean,
): FlameAnswer | undefined {
  const index = trace.spanId.indexOf(spanId);
  if (index < 0) return undefined;
  const wanted = spansIn(trace, index, scope);
  const goid = scope === 'goroutine' ? trace.goid[index] : undefined;
  const root = newFrame('', '');
  const { seen } = stacks;
  const spent: Record<string, number> = {};
  const seenSpans = new Set<string>();
  const counts = { samples: 0, waits: 0 };
  for (let at = 0; at < seen.ns.length; at++) {
    const id = seen.spanId[at] as string;
    if (!wanted.has(id) || (goid !== undefined && seen.goid[at] !== goid)) continue;
    const ns = seen.ns[at] as number;
    const isSample = seen.isSample[at] === 1;
    const use = stacks.texts[seen.use[at] as number] as string;
    add(root, stacks, stacks.stacks[seen.stack[at] as number] as readonly number[], { use, ns, isSample });
    const key = isSample ? 'cpu' : use;
    spent[key] = (spent[key] ?? 0) + ns;
    counts[isSample ? 'samples' : 'waits'] += seen.count[at] as number;
    seenSpans.add(id);
  }
  return {
    scope,
    ...columnsOf(root),
    spent,
    ...counts,
    spans: seenSpans.size,
    seenIn: seen.ns.length > 0 ? 'trace' : hasOthers ? 'store' : 'nowhere',
    lost: [...wanted].reduce((sum, id) => sum + (stacks.left[id] ?? 0), 0),
  };
}

/** Ids of the spans; spans of a goroutine are those below it in the same service. */
function spansIn({ spanId, parent, service }: TraceAnswer, index: number, scope: FlameScope): Set<string> {
  const wanted = new Set([spanId[index] as string]);
  if (scope === 'span') return wanted;
  const children = new Map<number, number[]>();
  for (const [child, of] of parent.entries()) {
    const known = children.get(of);
    if (known) known.push(child);
    else children.set(of, [child]);
  }
  const open = [index];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const child of children.get(at) ?? []) {
      const id = spanId[child] as string;
      if (wanted.has(id) || (scope === 'goroutine' && service[child] !== service[index])) continue;
      wanted.add(id);
      open.push(child);
    }
  }
  return wanted;
}

interface Seen {
  readonly use: string;
  readonly ns: number;
  readonly isSample: boolean;
}

function add(
  root: Frame,
  { texts, frames }: StacksAnswer,
  stack: readonly number[],
  { use, ns, isSample }: Seen,
): void {
  const count = (frame: Frame): Frame => {
    if (isSample) frame.onNs += ns;
    else frame.offNs += ns;
    return frame;
  };
  let at = count(root);
  for (let depth = stack.length - 1; depth >= 0; depth--) {
    const index = stack[depth] as number;
    const [name, file] = [frames.function, frames.file].map((of) => texts[of[index] as number] ?? '');
    at = count(childOf(at, name as string, file as string));
    const line = frames.line[index] as number;
    at.byLine.set(line, (at.byLine.get(line) ?? 0) + ns);
  }
  if (isSample && stack.length === 0) count(childOf(at, UNKNOWN, ''));
  if (!isSample) count(childOf(at, use, '', true));
}

function childOf(frame: Frame, name: string, file: string, isWait = false): Frame {
  const key = `${isWait}\0${name}\0${file}`;
  let child = frame.children.get(key);
  if (child === undefined) {
    child = newFrame(name, file, isWait);
    frame.children.set(key, child);
  }
  return child;
}

const isMostlyOn = ({ onNs, offNs }: Frame): boolean => onNs > offNs;
const sizeOf = ({ onNs, offNs }: Frame): number => onNs + offNs;

/** What is mostly on a processor comes before what waits, and of both the larger before the smaller; of more than are shown, what has called one is never left out before it. */
function columnsOf(root: Frame) {
  const texts = new Texts();
  const least = leastShown(root);
  const [parent, name, file, line, isWait]: number[][] = [[], [], [], [], []];
  const [onNs, offNs]: number[][] = [[], []];
  let left = 0;
  const open: { readonly frame: Frame; readonly of: number }[] = [];
  const push = (frame: Frame, of: number): void => {
    // The last is taken first.
    const children = [...frame.children.values()].sort(
      (a, b) => Number(isMostlyOn(a)) - Number(isMostlyOn(b)) || sizeOf(a) - sizeOf(b),
    );
    for (const child of children) open.push({ frame: child, of });
  };
  push(root, -1);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { frame, of } = next;
    if (sizeOf(frame) < least || (parent as number[]).length >= FRAMES_MAX) {
      left++;
      continue;
    }
    const index = (parent as number[]).push(of) - 1;
    name?.push(texts.indexOf(frame.name));
    file?.push(texts.indexOf(frame.file));
    line?.push(mostOf(frame.byLine));
    isWait?.push(frame.isWait ? 1 : 0);
    onNs?.push(frame.onNs);
    offNs?.push(frame.offNs);
    push(frame, index);
  }
  return { texts: texts.texts, parent, name, file, line, isWait, onNs, offNs, left } as Pick<
    FlameAnswer,
    'texts' | 'parent' | 'name' | 'file' | 'line' | 'isWait' | 'onNs' | 'offNs' | 'left'
  >;
}

/** Nanoseconds below which frames are left out. */
function leastShown(root: Frame): number {
  const sizes: number[] = [];
  const open = [...root.children.values()];
  for (let frame = open.pop(); frame !== undefined; frame = open.pop()) {
    sizes.push(sizeOf(frame));
    open.push(...frame.children.values());
  }
  if (sizes.length <= FRAMES_MAX) return 0;
  return sizes.sort((a, b) => b - a)[FRAMES_MAX - 1] as number;
}

function mostOf(byLine: ReadonlyMap<number, number>): number {
  let [most, line] = [0, 0];
  for (const [one, ns] of byLine) if (ns > most) [most, line] = [ns, one];
  return line;
}
