/** What the kernel has against programs and probes, in words. Pure. */
import { GoidspanError, remedyOf } from '../errors.ts';
import { errnoName } from './errno.ts';

/** Why the object could not be loaded: the error number, and what the verifier said if it looked at a program. */
export function openError(result: number, said: string): GoidspanError {
  const errno = errnoName(-result);
  // A verifier that has looked at a program was allowed to: its EACCES is about what it found there.
  if (said === '' && (errno === 'EPERM' || errno === 'EACCES')) {
    return new GoidspanError(
      'not_permitted',
      `cannot load BPF programs: ${errno} (run as root, or with CAP_BPF and CAP_PERFMON)`,
    );
  }
  return new GoidspanError(
    'kernel_refused',
    `cannot load BPF programs: ${errno}${said ? `: ${said}` : ''} (\`goidspan doctor\` tells what this kernel lacks)`,
  );
}

/** Why a program could not be attached. */
export function attachError(result: number, program: string, path: string, pid: number): GoidspanError {
  const errno = errnoName(-result);
  const what = `cannot attach ${program} to ${path} (pid ${pid}): ${errno}`;
  switch (errno) {
    case 'EPERM':
    case 'EACCES':
      return new GoidspanError('not_permitted', `${what} (run as root, or with CAP_BPF and CAP_PERFMON)`);
    case 'ESRCH':
      return new GoidspanError('no_such_process', `${what} (the process has ended)`);
    case 'EOPNOTSUPP':
    case 'ENODEV':
      return new GoidspanError('no_uprobes', `${what} (use a kernel built with CONFIG_UPROBE_EVENTS=y)`);
    default:
      return new GoidspanError(
        'kernel_refused',
        `${what} (${remedyOf(errno, 'is the file readable, and on a file system that can be mapped?')})`,
      );
  }
}
