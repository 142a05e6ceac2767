/** Which rows there are: kernels, modes and variants, in their order. */
import type { KernelImage } from './kernel-images.ts';
import type { Preemption, Row, RowPlan } from './row.ts';

const EVERYTHING: RowPlan['steps'] = ['doctor', 'programs', 'run', 'attach', 'kill'];
const TRACING: RowPlan['steps'] = ['run', 'attach'];
/** Without the kill. */
const ORDERLY: RowPlan['steps'] = ['doctor', 'programs', 'run', 'attach'];
const REQUESTS = 400;

/** Where the modes are looked at beside a kernel's own. */
const MODES: readonly Preemption[] = ['full', 'lazy', 'none'];

export interface MatrixOptions {
  /** How long the stress runs, on the newest kernel and on 6.18, fully preemptible where they can be. 0: not at all. */
  readonly stressSeconds: number;
}

const plain = (kernel: KernelImage, more: Partial<RowPlan> = {}): RowPlan => ({
  kernel,
  steps: EVERYTHING,
  requests: REQUESTS,
  stressSeconds: 0,
  ...more,
});

/** The first row of a kernel: as it comes. The others follow from what it says ({@link furtherRows}). */
export const firstRow = (kernel: KernelImage): RowPlan => plain(kernel);

/** Rows of a kernel once its first has told which modes it has. */
export function furtherRows(
  kernel: KernelImage,
  first: Row,
  kernels: readonly KernelImage[],
  { stressSeconds }: MatrixOptions,
): RowPlan[] {
  const newest = kernels.at(-1);
  const others = MODES.filter((mode) => first.modes.includes(mode) && mode !== first.preemption);
  const rows = others.map((preemption) => plain(kernel, { preemption, steps: TRACING }));
  if (kernel.line === '6.1' || kernel === newest) {
    rows.push(plain(kernel, { lockdown: 'integrity', steps: ORDERLY }));
  }
  if (kernel.line === '6.12') rows.push(plain(kernel, { unprivileged: true, steps: ORDERLY }));
  if (stressSeconds > 0 && (kernel.line === '6.18' || kernel === newest)) {
    const full = first.modes.includes('full') ? ({ preemption: 'full' } as const) : {};
    rows.push(plain(kernel, { ...full, steps: ['stress'], stressSeconds }));
  }
  return rows;
}

/** What every `npm test` boots of the processor that it does not run on: the newest. */
export const newestRow = (kernels: readonly KernelImage[]): RowPlan[] =>
  kernels.slice(-1).map((kernel) => plain(kernel, { steps: TRACING }));

/** What every `npm test` boots: 6.1, 6.18 fully preemptible, and with the doctor, which loads all programs, 6.12 and the newest. The stress is for the whole matrix. */
export function shortRows(kernels: readonly KernelImage[]): RowPlan[] {
  return kernels.flatMap((kernel, index) => {
    if (kernel.line === '6.18') {
      return [plain(kernel, { preemption: 'full', steps: ['run', 'kill'] })];
    }
    if (kernel.line === '6.1') return [plain(kernel, { steps: ['programs', ...TRACING] })];
    if (kernel.line === '6.12') return [plain(kernel, { steps: ['doctor', 'run', 'kill'] })];
    const isNewest = index === kernels.length - 1;
    return isNewest ? [plain(kernel, { steps: ['doctor', 'run', 'kill'] })] : [];
  });
}
