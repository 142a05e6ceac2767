/** Whether the limit of open files is what keeps the kernel side from loading: what is said then hardly ever tells. */
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { GoidspanError, remedyOf } from '../errors.ts';

/** Maps (some thirty), programs and their types take no more; whoever can open fewer may have run out of them. */
const FILES_NEEDED = 128;

/** The error to throw instead of what the failure of loading (`-errno`) seems to say; undefined if files can be opened. */
export function fileLimitError(result: number): GoidspanError | undefined {
  const { EMFILE, ENFILE, EPERM, EACCES } = constants.errno;
  const isPlain = result === -EMFILE || result === -ENFILE;
  if (!isPlain && (result === -EPERM || result === -EACCES || freeFiles() >= FILES_NEEDED)) return undefined;
  const name = result === -ENFILE ? 'ENFILE' : 'EMFILE';
  return new GoidspanError('kernel_refused', `cannot load BPF programs: ${name} (${remedyOf(name, '')})`);
}

/** How many more files can be opened, as far as that matters here. */
function freeFiles(): number {
  const opened: number[] = [];
  try {
    while (opened.length < FILES_NEEDED) opened.push(openSync('/dev/null', 'r'));
  } catch {
    // That is the answer.
  }
  for (const fd of opened) closeSync(fd);
  return opened.length;
}
