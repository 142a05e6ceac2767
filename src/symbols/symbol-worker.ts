/** The thread that symbolises: reads the tables of programs, and keeps what it has read of the last few. */
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { type FileSource, fileKey, openFileSource } from '../binary/file-source.ts';
import { GoBinary } from '../binary/go-binary.ts';
import type { Symbolizer } from '../binary/symbolizer.ts';
import { KernelSymbols } from './kernel-symbols.ts';
import { framesOf, kernelFramesOf } from './symbolize.ts';
import type { SymbolAnswer, SymbolQuestion } from './symbols.ts';

/** Programs that are kept open; what is kept of one comes to 46 MB at most. */
const PROGRAMS_MAX = 4;

const KERNEL_SYMBOLS = '/proc/kallsyms';

const port = parentPort as NonNullable<typeof parentPort>;
const programs = new Map<string, { readonly source: FileSource; readonly symbols: Symbolizer }>();

port.on('message', (question: SymbolQuestion) => port.postMessage(answer(question)));

/** Read when it is first asked for; what is loaded into the kernel afterwards is taken for what lies before it. */
let ofKernel: KernelSymbols | undefined;

function answer({ id, path, stack }: SymbolQuestion): SymbolAnswer {
  try {
    if (path !== undefined) return { id, frames: framesOf(symbolsOf(path), stack) };
    ofKernel ??= new KernelSymbols(readFileSync(KERNEL_SYMBOLS, 'latin1'));
    const frames = kernelFramesOf(ofKernel, stack.pcs);
    return ofKernel.areHidden ? { id, frames, failure: HIDDEN } : { id, frames };
  } catch (error) {
    const frames = path === undefined ? kernelFramesOf(undefined, stack.pcs) : [];
    return { id, frames, failure: (error as Error).message };
  }
}

const HIDDEN = `${KERNEL_SYMBOLS} tells no addresses (needs CAP_SYSLOG, and sysctl kernel.kptr_restrict below 2)`;

function symbolsOf(path: string): Symbolizer {
  // A path by descriptor is that of another program later.
  const file = fileKey(path);
  const known = programs.get(file);
  if (known) return known.symbols;
  const source = openFileSource(path);
  const { symbolizer: symbols } = GoBinary.open(source);
  programs.set(file, { source, symbols });
  const [oldest] = programs;
  if (programs.size > PROGRAMS_MAX && oldest) {
    oldest[1].source.close();
    programs.delete(oldest[0]);
  }
  return symbols;
}
