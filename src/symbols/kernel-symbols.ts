/**
 * Which function of the kernel an address is in, by /proc/kallsyms. Lines that are none of its are passed over. Pure.
 * Format: `address type name[\t[module]]`, in an order of no use.
 * Source: https://github.com/torvalds/linux/blob/v6.18/kernel/kallsyms.c (s_show)
 */

/** Of addresses so many bits are told. */
const ADDRESS_MASK = (1n << 48n) - 1n;
const NAME_LENGTH_MAX = 512;
/** A function, also a weak one, seen from everywhere or not. */
const LINE = /^([0-9a-f]{1,16}) [tTwW] (\S+)/;

interface KernelFunction {
  readonly address: number;
  readonly name: string;
}

export class KernelSymbols {
  /** By address; of several at one address the first that was listed. */
  readonly #functions: readonly KernelFunction[];

  constructor(text: string) {
    const functions = new Map<number, KernelFunction>();
    for (const line of linesOf(text)) {
      const [, address = '', name = ''] = LINE.exec(line) ?? [];
      const at = Number(BigInt(`0x${address || '0'}`) & ADDRESS_MASK);
      if (at !== 0 && !functions.has(at))
        functions.set(at, { address: at, name: name.slice(0, NAME_LENGTH_MAX) });
    }
    this.#functions = [...functions.values()].sort((a, b) => a.address - b.address);
  }

  /** The kernel tells no addresses to this process. */
  get areHidden(): boolean {
    return this.#functions.length === 0;
  }

  /** By the last 48 bits of an address; undefined before the first function. */
  nameAt(address: number): string | undefined {
    let [from, to] = [0, this.#functions.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#functions[middle] as KernelFunction).address <= address) from = middle + 1;
      else to = middle;
    }
    return this.#functions[from - 1]?.name;
  }
}

function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end === -1 ? text.length : end);
    at = end === -1 ? text.length : end + 1;
  }
}
