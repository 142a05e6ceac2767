/**
 * The one class of environmental errors and the table of their codes.
 * Misuse of the API is a `TypeError` or `RangeError` instead; records never raise errors, they are counted.
 */

/** Code → what it means; the remedy is part of each message. Codes are stable and documented in the README. */
export const errorCodes = {
  no_such_process: 'the process does not exist',
  not_permitted: 'the kernel refused for lack of privileges',
  not_go: 'the executable is not a Go program',
  not_supported_binary: 'the executable is a Go program that cannot be traced',
  bad_binary: 'the executable is damaged or not an ELF file',
  no_btf: 'the kernel has no type information (BTF)',
  no_uprobes: 'the kernel has no uprobes for BPF',
  kernel_refused: 'the kernel refused a BPF program, map or link',
  shim_unusable: 'the native library is missing or does not match this package',
  bad_endpoint: 'the OTLP endpoint cannot be used',
  cannot_write: 'a file cannot be written',
  cannot_run: 'a command cannot be started',
  no_go_profile: 'the program does not serve a CPU profile of its own, or it cannot be laid beside ours',
  cannot_apply: 'the program does not take what it is advised',
  bad_recording: 'the file is not a recording that this version can replay',
  no_sqlite: 'this release of Node has no SQLite, which the store needs',
  bad_store: 'the store is damaged, or of a newer version',
  store_busy: 'another process writes to the store',
  cannot_listen: 'a port cannot be listened at',
  store_full: 'more spans wait to be stored than may',
  no_jaeger: 'Jaeger does not answer, or not as it should',
  not_in_jaeger: 'Jaeger does not keep what is asked for',
} as const;

/** One of the codes of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;

/** An error of the environment: its message names the object, the cause and the remedy. */
export class GoidspanError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GoidspanError';
    this.code = code;
  }
}

/** Errors that are met wherever a file or socket is opened, by what is said of them, and what then helps. */
const limits: readonly (readonly [RegExp, string])[] = [
  [/\bENFILE\b|open files in system/i, 'the host has no open files left: raise sysctl fs.file-max'],
  [/\bEMFILE\b|too many open files/i, 'raise the limit of open files: ulimit -n, or LimitNOFILE= of systemd'],
];

/** The remedy to name: that of a limit of open files if `cause` speaks of one, else the one that fits what was done. */
export function remedyOf(cause: string, usual: string): string {
  return limits.find(([words]) => words.test(cause))?.[1] ?? usual;
}
