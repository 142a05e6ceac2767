/**
 * A profile in pprof's format as a flame graph, read in the browser. What it reads is hostile: its size, its frames and its depth are
 * bounded, and whatever is wrong with it is said in words.
 */
import { Profile } from 'pprof-format';
import type { FlameAnswer } from '../../page-api/answers.ts';
import { DEPTH_MAX, FlameTree, type TreeFrame } from './flame-tree.ts';

/** Of a file, as it is and unpacked: of nothing but empty messages that is 1.5 GB of a tab's memory for five seconds. */
export const FILE_BYTES_MAX = 16 * 2 ** 20;

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
  const tree = new FlameTree();
  const functions = new Map<number, Omit<TreeFrame, 'line'>>();
  for (const { id, name, filename } of profile.function)
    functions.set(Number(id), {
      name: tree.text(textOf(name) || '(no name)'),
      file: tree.text(textOf(filename)),
    });
  const locations = new Map(profile.location.map(({ id, line }) => [Number(id), line]));
  for (const { locationId, value } of profile.sample) {
    const ns = Number(value[time] ?? 0);
    if (!(ns > 0)) continue;
    const stack = stackOf(locationId, locations).map(({ functionId, line }) => ({
      ...(functions.get(Number(functionId)) ?? { name: 0, file: 0 }),
      line: Number(line),
    }));
    tree.add(stack, ns, Math.max(0, Number(value[count] ?? 1)));
  }
  return tree.answer(isCpu);
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
