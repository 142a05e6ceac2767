/** Which frame of a stack is told of, and how. Pure. */
import type { CodeFrame } from '../correlate/code-place.ts';

/** First elements of the import paths of Go's own packages. */
const STANDARD = new Set(
  (
    'archive bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt ' +
    'go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort ' +
    'strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak'
  ).split(' '),
);
/** What goroutines wait in, or are woken by, without that this would say anything. */
const MACHINERY = new Set(['runtime', 'sync', 'internal', 'syscall']);

/** `net/http.(*conn).serve` → `net`; of functions in assembly that have no package, all. */
function rootOf(name: string): string {
  const end = name.search(/[./]/);
  return end === -1 ? name : name.slice(0, end);
}

/** Belongs to the program, or to a library that is not Go's own. */
const isOwn = ({ function: name }: Pick<CodeFrame, 'function'>): boolean => {
  const first = name.slice(0, Math.max(0, name.indexOf('/'))) || rootOf(name);
  return first.includes('.') || !STANDARD.has(rootOf(first));
};

/** The innermost frame that says where in the program this is; without one, the innermost that says anything. */
export function tellingFrame<Frame extends Pick<CodeFrame, 'function'>>(
  frames: readonly Frame[],
): Frame | undefined {
  return frames.find(isOwn) ?? frames.find(({ function: name }) => !MACHINERY.has(rootOf(name)));
}

/** `main.(*Cache).Fill (cache.go:88)`. */
export function codeName({ function: name, file, line }: Omit<CodeFrame, 'isInlined'>): string {
  const short = file.slice(file.lastIndexOf('/') + 1);
  const path = name.slice(name.lastIndexOf('/') + 1);
  return short === '' ? path : `${path} (${short}:${line})`;
}

/** As Go prints a stack. */
export const stackText = (frames: readonly CodeFrame[]): string =>
  frames.map(({ function: name, file, line }) => `${name}(...)\n\t${file}:${line}`).join('\n');
