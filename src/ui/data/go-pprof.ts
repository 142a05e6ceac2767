/**
 * A profile in pprof's format as a flame graph, read in the browser. What it reads is hostile: its size, its frames and its depth are
 * bounded, and whatever is wrong with it is said in words.
 */
import { Profile } from 'pprof-format';
import type { FlameAnswer } from '../../page-api/answers.ts';

/** Of a file, as it is and unpacked: of nothing but empty messages that is 1.5 GB of a tab's memory for five seconds. */
export const FILE_BYTES_MAX = 16 * 2 ** 20;
/** That are drawn, and that are looked at for these. */
const FRAMES_MAX = 50_000;
const NODES_MAX = 500_000;
const DEPTH_MAX = 512;

/** @throws {Error} That says what is wrong with the file. */
export async function readPprof(file: Blob): Promise<FlameAnswer> {
  if (file.size > FILE_BYTES_MAX) throw new Error(`it has more than ${FILE_BYTES_MAX / 2 ** 20} MiB`);
  return flameOfPprof(await plainBytes(file));
}

async function plainBytes(file: Blob): Promise<Uint8Array> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (first !== 0x1f || second !== 0x8b) return new Uint8Array(await file.arrayBuffer());
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Error('it is broken: it cannot be unpacked');
    });
    if (done) break;
    length += value.length;
    if (length > FILE_BYTES_MAX) {
      await reader.cancel();
      throw new Error(`it has more than ${FILE_BYTES_MAX / 2 ** 20} MiB unpacked`);
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

interface Node {
  readonly key: number;
  readonly line: number;
  ns: number;
  readonly below: Map<number, Node>;
}

const nodeOf = (key: number, line: number): Node => ({ key, line, ns: 0, below: new Map() });

/** @throws {Error} That says what is wrong with it. */
function flameOfPprof(bytes: Uint8Array): FlameAnswer {
  const profile = decoded(bytes);
  const textOf = (index: number | bigint): string => profile.stringTable.strings[Number(index)] ?? '';
  const types = profile.sampleType.map(({ type, unit }) => `${textOf(type)}/${textOf(unit)}`);
  const time = types.findIndex((type) => type === 'cpu/nanoseconds' || type === 'delay/nanoseconds');
  if (time === -1)
    throw new Error(
      `it is no profile of CPU, of blocking or of mutexes: it tells of ${types.join(', ').slice(0, 200) || 'nothing'}`,
    );
  const isCpu = types[time] === 'cpu/nanoseconds';
  const count = types.findIndex((type) => type.endsWith('/count'));
  const texts: string[] = [''];
  /** Of each function: indexes of its name and its file. */
  const functions = new Map<number, readonly [name: number, file: number]>();
  for (const { id, name, filename } of profile.function)
    functions.set(Number(id), [
      texts.push(textOf(name) || '(no name)') - 1,
      texts.push(textOf(filename)) - 1,
    ]);
  const locations = new Map(profile.location.map(({ id, line }) => [Number(id), line]));
  const root = nodeOf(-1, 0);
  let [nodes, counted, lost] = [0, 0, 0];
  for (const { locationId, value } of profile.sample) {
    const ns = Number(value[time] ?? 0);
    if (!(ns > 0)) continue;
    const seen = Math.max(0, Number(value[count] ?? 1));
    const stack = stackOf(locationId, locations);
    if (nodes + stack.length > NODES_MAX) {
      lost += seen;
      continue;
    }
    counted += seen;
    root.ns += ns;
    let node = root;
    for (const { functionId, line } of stack) {
      let next = node.below.get(Number(functionId));
      if (!next) {
        next = nodeOf(Number(functionId), Number(line));
        node.below.set(next.key, next);
        nodes++;
      }
      next.ns += ns;
      node = next;
    }
  }
  const { parent, of } = largest(root, nodes);
  const onOff = of.map(({ ns }) => ns);
  const none = of.map(() => 0);
  const placeOf = ({ key }: Node): readonly [number, number] => functions.get(key) ?? [0, 0];
  return {
    scope: 'span',
    texts,
    parent,
    name: of.map((node) => placeOf(node)[0]),
    file: of.map((node) => placeOf(node)[1]),
    line: of.map(({ line }) => line),
    isWait: none,
    onNs: isCpu ? onOff : none,
    offNs: isCpu ? none : onOff,
    left: nodes - of.length,
    spent: { [isCpu ? 'cpu' : 'other']: root.ns },
    samples: isCpu ? counted : 0,
    waits: isCpu ? 0 : counted,
    spans: 0,
    seenIn: 'trace',
    lost,
  };
}

function decoded(bytes: Uint8Array): Profile {
  try {
    return Profile.decode(bytes);
  } catch (error) {
    throw new Error(`it is no profile in pprof's format: ${(error as Error).message}`, { cause: error });
  }
}

type Line = Profile['location'][number]['line'][number];

/** Outermost first; of what is too deep the outermost. */
function stackOf(
  ids: Profile['sample'][number]['locationId'],
  locations: ReadonlyMap<number, readonly Line[]>,
): Line[] {
  const stack: Line[] = [];
  for (let at = ids.length - 1; at >= 0; at--) {
    const lines = locations.get(Number(ids[at])) ?? [];
    for (let inner = lines.length - 1; inner >= 0; inner--) {
      if (stack.length === DEPTH_MAX) return stack;
      stack.push(lines[inner] as Line);
    }
  }
  return stack;
}

/** Each before those below it, these the largest first; what is too small to be among so many is left out. */
function largest(root: Node, nodes: number): { parent: number[]; of: Node[] } {
  const least = nodes > FRAMES_MAX ? leastOf(root) : 0;
  const [parent, of]: [number[], Node[]] = [[], []];
  const open: (readonly [Node, number])[] = [[root, -1]];
  for (let next = open.pop(); next !== undefined && of.length < FRAMES_MAX; next = open.pop()) {
    const [node, above] = next;
    if (node !== root) parent.push(above);
    if (node !== root) of.push(node);
    const at = of.length - 1;
    const below = [...node.below.values()].filter(({ ns }) => ns >= least).sort((a, b) => a.ns - b.ns);
    for (const one of below) open.push([one, at]);
  }
  return { parent, of };
}

function leastOf(root: Node): number {
  const sizes: number[] = [];
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    sizes.push(node.ns);
    for (const one of node.below.values()) open.push(one);
  }
  return sizes.sort((a, b) => b - a)[FRAMES_MAX] ?? 0;
}
