/** Empty programs at chosen places of a program: the least that any tracer must pay there. */
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { type Handle, loadNative } from '../../src/kernel/native.ts';
import { familiesOf } from '../../src/probes/families.ts';
import type { ProbeLevel } from '../../src/probes/hook.ts';
import { planAttach } from '../../src/probes/plan.ts';
import type { Variant } from './windows.ts';

/** File offsets of places in a program. */
export interface EmptySites {
  /** Where goidspan attaches. */
  readonly ours: readonly number[];
  /** Where tracers usually attach: two function entries and one `ret` a request. */
  readonly usual: readonly number[];
}

/** `func (sh serverHandler) ServeHTTP(…)` is entered and left, `finishRequest` entered, once a request each. */
const usual = { around: 'net/http.serverHandler.ServeHTTP', enter: 'net/http.(*response).finishRequest' };

/** Reads the program. At level `waits` the switches of threads go without. */
export function findEmptySites(executable: string, level: ProbeLevel = 'spans'): EmptySites {
  const source = openFileSource(executable);
  try {
    const binary = GoBinary.open(source);
    const found = binary.functions(Object.values(usual));
    const [around, enter] = [found.get(usual.around), found.get(usual.enter)];
    if (!around || !enter) throw new Error(`cannot find ${Object.values(usual).join(' and ')}`);
    const returns = binary.instructionsOf(around).filter((instruction) => instruction.op === 'return');
    const offsetOf = (vaddr: number) => binary.fileOffsetOf(vaddr) ?? Number.NaN;
    return {
      ours: planAttach(binary, familiesOf(level)).hooks.flatMap((hook) =>
        hook.sites.map((site) => site.fileOffset),
      ),
      usual: [around.entry, enter.entry, ...returns.map(({ vaddr }) => vaddr)].map(offsetOf),
    };
  } finally {
    source.close();
  }
}

/** A loaded object of one empty program. */
export class EmptyProbes {
  readonly #native = loadNative();
  readonly #handle: Handle;

  /** Loads the object built from `empty.bpf.c`. */
  constructor(objectPath: string) {
    const out = new BigUint64Array(1);
    const said = new Uint8Array(512);
    const mapSizes = { records: 4096, open_by_goroutine: 1, inherited_by_goroutine: 1 };
    const result = this.#native.kernelOpen({ objectPath, mapSizes, forcePerfLinks: false }, out, said);
    if (result < 0) throw new Error(`cannot load ${objectPath}: ${result} ${new TextDecoder().decode(said)}`);
    this.#handle = out[0] as Handle;
  }

  /** A window with the empty program at these places of a process. */
  at(offsets: readonly number[], path: string, pid: number): Variant {
    return async (measure) => {
      const out = new BigUint64Array(1);
      const places = BigUint64Array.from(offsets, BigInt);
      const cookies = new BigUint64Array(offsets.length);
      const result = await this.#native.attach(
        this.#handle,
        { program: 'empty_probe', path, pid, offsets: places, codeOffsets: places, cookies },
        out,
      );
      if (result < 0) throw new Error(`cannot attach empty programs: ${result}`);
      try {
        return await measure();
      } finally {
        await this.#native.closeLinks(out);
      }
    };
  }

  close(): void {
    this.#native.kernelClose(this.#handle);
  }
}
