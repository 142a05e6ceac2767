/** The matrix: every kernel, mode and variant, a line as soon as it is known. */
import { writeFile } from 'node:fs/promises';
import { type Architecture, type ArchitectureName, architectures } from './architecture.ts';
import { makeInitramfs } from './initramfs.ts';
import type { KernelImage } from './kernel-images.ts';
import { firstRow, furtherRows } from './matrix.ts';
import { fetched, missingMachine } from './prepare.ts';
import { makeRow, type Row, type RowPlan } from './row.ts';
import { remarksOn, tableHead, tableLine } from './table.ts';

export { prepare } from './prepare.ts';

export interface KernelsOptions {
  /** One processor, as Node names it; undefined for all. */
  readonly processor: string | undefined;
  /** Lines or versions such as `6.1`, `7`, `6.18.15`; none for all. */
  readonly wanted: readonly string[];
  /** Where rows go as JSON. */
  readonly json: string | undefined;
  readonly stressSeconds: number;
  /** Each kernel as it comes, and nothing more. */
  readonly defaultsOnly: boolean;
  readonly say: (text: string) => void;
  readonly print: (text: string) => void;
}

/** Minutes that a kernel with all its modes takes on two cores. */
const KERNEL_MINUTES = 2.5;

/** Kernels of one processor, and what they are booted with. */
interface Machines {
  readonly architecture: Architecture;
  readonly kernels: readonly KernelImage[];
  readonly chosen: readonly KernelImage[];
  readonly initramfs: string;
}

/** @returns whether every row is as it must be */
export async function runKernels(options: KernelsOptions): Promise<boolean> {
  const { json, say, print } = options;
  const machines: Machines[] = [];
  for (const architecture of architecturesOf(options.processor)) {
    machines.push(await machinesOf(architecture, options));
  }
  const count = machines.reduce((sum, { chosen }) => sum + chosen.length, 0);
  if (count === 0) {
    const versions = machines.flatMap(({ kernels }) => kernels.map(({ version }) => version));
    throw new Error(`no such kernel: there are ${[...new Set(versions)].join(', ')}`);
  }
  const minutes = Math.ceil(count * (options.defaultsOnly ? KERNEL_MINUTES / 3 : KERNEL_MINUTES));
  say(`booting ${count} kernels in QEMU, one after the other: about ${minutes} minutes`);
  print(tableHead());
  const rows: Row[] = [];
  for (const { architecture, kernels, chosen, initramfs } of machines) {
    const add = async (plan: RowPlan): Promise<Row> => {
      const row = await makeRow(plan, { architecture, initramfs });
      rows.push(row);
      print(tableLine(row));
      if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`);
      return row;
    };
    for (const kernel of chosen) {
      const first = await add(firstRow(kernel));
      if (options.defaultsOnly) continue;
      for (const plan of furtherRows(kernel, first, kernels, options)) await add(plan);
    }
  }
  for (const remarks of rows.map(remarksOn)) if (remarks !== '') print(`\n${remarks}`);
  const short = rows.filter(({ faults }) => faults.length > 0);
  print(`\n${rows.length} rows, ${short.length} short`);
  return short.length === 0;
}

function architecturesOf(processor: string | undefined): readonly Architecture[] {
  if (processor === undefined) return Object.values(architectures);
  const chosen = architectures[processor as ArchitectureName];
  if (chosen) return [chosen];
  throw new Error(`no such processor: there are ${Object.keys(architectures).join(', ')}`);
}

async function machinesOf(
  architecture: Architecture,
  { wanted, say }: Pick<KernelsOptions, 'wanted' | 'say'>,
): Promise<Machines> {
  const missing = missingMachine(architecture);
  if (missing !== undefined) throw new Error(missing);
  const kernels = await fetched(architecture, say, { refresh: true });
  const chosen = kernels.filter(
    (kernel) => wanted.length === 0 || wanted.some((word) => isNamed(kernel, word)),
  );
  const initramfs = chosen.length === 0 ? '' : await makeInitramfs(architecture, say);
  return { architecture, kernels, chosen, initramfs };
}

function isNamed({ line, version }: KernelImage, word: string): boolean {
  return version === word || `${line}.`.startsWith(`${word}.`);
}
