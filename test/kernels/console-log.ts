/** What a kernel says on its console that it must not say. */

/** Warnings, bugs, oopses and what its own watchdogs report. */
const TROUBLE =
  /WARNING: |BUG: |BUG at |Oops|general protection fault|cut here|Kernel panic|possible (?:circular|recursive)|INFO: (?:task|rcu)|soft lockup|UBSAN|KASAN|refcount_t|Call Trace|unable to handle|Unable to handle|corrupted/;

/** Words of the guest, not of the kernel. */
const GUEST = /^guest: /;

const LINES_MAX = 40;

/** Lines of the kernel's log from the first trouble on; none if it is clean. */
export function troubleIn(console: string): string[] {
  const lines = console.split(/\r?\n/).filter((line) => line !== '' && !GUEST.test(line));
  const first = lines.findIndex((line) => TROUBLE.test(line));
  return first < 0 ? [] : lines.slice(first, first + LINES_MAX);
}

/** The last thing that the guest said, for a machine that ended before it was done. */
export function lastWordsIn(console: string): string {
  return console.split(/\r?\n/).findLast((line) => GUEST.test(line)) ?? 'it did not boot';
}

/** What the emulator, above all on a busy host, does not get right: kernel code that is changed while it runs, and time. */
const EMULATOR = /Oops: int3|rcu: INFO|rcu_\w+ .*stall|soft lockup/;

/** Words that tie a trouble to probes or their programs. */
const OURS = /bpf|uprobe/;

/**
 * Node dying of its own compiled code, as it did without any probe too: 2 of 56 runs of `goidspan inspect` in QEMU 7.2, which
 * does not always get code right that one processor writes while another runs it. A fault of goidspan would come again.
 */
const NODE_CRASH =
  /^guest: step .*node ended \(signal: (?:segmentation fault|illegal instruction|trace\/breakpoint trap)|internal error: RuntimeError: (?:memory access out of bounds|unreachable)/;

/**
 * The first line of a trouble that is the emulator's own; undefined if there is none, or if it may have come from probes in
 * the kernel.
 */
export function stumbleOfEmulator(console: string): string | undefined {
  const lines = troubleIn(console);
  const [first] = lines;
  if (first === undefined) return console.split(/\r?\n/).find((line) => NODE_CRASH.test(line));
  return EMULATOR.test(first) && !lines.some((line) => OURS.test(line)) ? first : undefined;
}
