/** binutils' disassemblers as independent witnesses of where instructions start. */

import { execFileSync } from 'node:child_process';

const objdumpOf = {
  amd64: ['objdump', '-M', 'intel'],
  arm64: ['aarch64-linux-gnu-objdump'],
} as const;

/** Address of each instruction in `[from, to)` → its text in Intel syntax; undefined without such an objdump. */
export function disassemble(
  path: string,
  from: number,
  to: number,
  arch: keyof typeof objdumpOf = 'amd64',
): Map<number, string> | undefined {
  const [objdump, ...syntax] = objdumpOf[arch];
  const args = [
    '-d',
    ...syntax,
    '--no-show-raw-insn',
    `--start-address=${from}`,
    `--stop-address=${to}`,
    path,
  ];
  let output: string;
  try {
    output = execFileSync(objdump, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const lines = [...output.matchAll(/^\s*([0-9a-f]+):\t(.*)$/gm)];
  return new Map(lines.map(([, address = '', text = '']) => [Number.parseInt(address, 16), text.trim()]));
}
