/** A Go program of 4 kB made by hand: one segment with two functions, their table, module data and one struct type. */

const base = 0x400000;
const at = { text: 0x200, table: 0x400, moduleData: 0xa00, types: 0xd00, buildInfo: 0xf00 };
const size = 0x1000;
const functionBytes = 0x40;
export const tinyFunctions = ['runtime.newproc1', 'main.main'] as const;

/** Parts of the file with a meaning, by offset and length. */
export const tinyParts: readonly [from: number, bytes: number][] = [
  [0, 64 + 56],
  [at.table, 0x180],
  [at.moduleData, 0x130],
  [at.types, 0x180],
  [at.buildInfo, 0x60],
  [0, size],
];

export function tinyGo(machine: 62 | 183): Uint8Array {
  const bytes = Buffer.alloc(size);
  const u64 = (offset: number, value: number) => bytes.writeBigUInt64LE(BigInt(value), offset);
  writeElf(bytes, u64, machine);
  for (let i = 0; i < tinyFunctions.length; i++) {
    const code = machine === 62 ? [0x55, 0x5d, 0xc3] : [0xc0, 0x03, 0x5f, 0xd6];
    bytes.set(code, at.text + i * functionBytes);
  }
  const names = writeTable(bytes, u64, machine === 62 ? 1 : 4);
  u64(at.moduleData, base + at.table);
  u64(at.moduleData + 8, base + at.table + 72);
  for (const offset of [16, 24]) u64(at.moduleData + offset, names);
  const words = { 160: base + at.text, 176: base + at.text, 208: base + 0xf80, 248: base + 0xfa0 };
  for (const [offset, value] of Object.entries(words)) u64(at.moduleData + Number(offset), value);
  u64(at.moduleData + 256, base + 0xfc0);
  u64(at.moduleData + 280, base + at.types);
  u64(at.moduleData + 288, base + at.types + 0x180);
  writeType(bytes, u64);
  bytes.write('\xff Go buildinf:', at.buildInfo, 'latin1');
  bytes.set([8, 2], at.buildInfo + 14);
  bytes.set([8, ...Buffer.from('go1.26.8'), 0], at.buildInfo + 32);
  return bytes;
}

type Write = (offset: number, value: number) => void;

function writeElf(bytes: Buffer, u64: Write, machine: number): void {
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(2, 16);
  bytes.writeUInt16LE(machine, 18);
  u64(32, 64);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, 64);
  bytes.writeUInt32LE(7, 68);
  u64(80, base);
  u64(96, size);
  u64(104, size);
}

/** Returns the bytes of its names. */
function writeTable(bytes: Buffer, u64: Write, quantum: number): number {
  const [names, units, functions] = [72, 0x80, 0x100];
  bytes.writeUInt32LE(0xfffffff1, at.table);
  bytes.set([0, 0, quantum, 8], at.table + 4);
  u64(at.table + 8, tinyFunctions.length);
  u64(at.table + 24, base + at.text);
  for (const [offset, value] of [
    [32, names],
    [40, units],
    [64, functions],
  ] as const)
    u64(at.table + offset, value);
  let name = 0;
  tinyFunctions.forEach((text, index) => {
    const [entry, info] = [at.table + functions + index * 8, 0x30 + index * 16];
    bytes.writeUInt32LE(index * functionBytes, entry);
    bytes.writeUInt32LE(info, entry + 4);
    bytes.writeUInt32LE(name, at.table + functions + info + 4);
    bytes.write(`${text}\0`, at.table + names + name);
    name += text.length + 1;
  });
  bytes.writeUInt32LE(tinyFunctions.length * functionBytes, at.table + functions + tinyFunctions.length * 8);
  return name;
}

/** `runtime.g` with the fields `m` at 48 and `goid` at 152. */
function writeType(bytes: Buffer, u64: Write): void {
  const [descriptor, fields, names] = [at.types + 8, at.types + 0x80, at.types + 0x100];
  u64(descriptor, 0x1b8);
  bytes[descriptor + 20] = 5;
  bytes[descriptor + 23] = 25;
  const texts = ['runtime.g', 'runtime', 'm', 'goid'].map((text, index) => {
    bytes.set([1, text.length, ...Buffer.from(text)], names + index * 16);
    return names + index * 16;
  });
  const [name = 0, path = 0, ...members] = texts;
  bytes.writeInt32LE(name - at.types, descriptor + 40);
  bytes.writeInt32LE(path - at.types, descriptor + 80);
  u64(descriptor + 56, base + fields);
  u64(descriptor + 64, members.length);
  members.forEach((member, index) => {
    u64(fields + index * 24, base + member);
    u64(fields + index * 24 + 16, index === 0 ? 48 : 152);
  });
}
