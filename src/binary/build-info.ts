/**
 * `.go.buildinfo`: the Go version and module of a program. Informative only: it may be absent, wiped or wrong.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/debug/buildinfo/buildinfo.go
 */

import type { AddressSpace } from './address-space.ts';
import type { Elf } from './elf.ts';

/** What the toolchain wrote down about the build. */
export interface BuildInfo {
  /** E.g. `go1.26.8`. */
  readonly goVersion: string;
  /** Import path of the main package. */
  readonly mainPackage?: string;
  readonly modulePath?: string;
  /** Versions of the dependencies by module path, e.g. `v1.47.0`. */
  readonly dependencies: ReadonlyMap<string, string>;
  /** Build settings by key, e.g. `-ldflags`, `CGO_ENABLED`, `vcs.revision`. */
  readonly settings: ReadonlyMap<string, string>;
}

const magic = Buffer.from('\xff Go buildinf:', 'latin1');
const headerBytes = 32;
const inlineStrings = 2;
const maxTextBytes = 1 << 16;
const searchedBytes = 1 << 16;

/** Reads it, or undefined when there is none of the form that Go ≥ 1.18 writes. */
export function readBuildInfo(elf: Elf, space: AddressSpace): BuildInfo | undefined {
  const vaddr = find(elf, space);
  const header = vaddr === undefined ? undefined : space.read(vaddr, headerBytes);
  if (vaddr === undefined || !header || ((header[15] ?? 0) & inlineStrings) === 0) return undefined;
  const version = stringAt(space, vaddr + headerBytes);
  if (version === undefined) return undefined;
  const module = stringAt(space, version.next)?.text ?? '';
  return { goVersion: version.text, ...parseModule(module) };
}

function find(elf: Elf, space: AddressSpace): number | undefined {
  const section = elf.sections.find((s) => s.name === '.go.buildinfo');
  if (section) return isMagic(space.read(section.vaddr, magic.length)) ? section.vaddr : undefined;
  for (const segment of space.segments) {
    if (!segment.writable) continue;
    for (const { vaddr, bytes } of space.chunks(segment.vaddr, segment.vaddr + searchedBytes)) {
      const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(magic);
      if (at >= 0) return vaddr + at;
    }
  }
  return undefined;
}

function isMagic(bytes: Uint8Array | undefined): boolean {
  return bytes !== undefined && magic.equals(bytes);
}

/** A varint length and the text. */
function stringAt(space: AddressSpace, vaddr: number): { text: string; next: number } | undefined {
  let length = 0;
  for (let i = 0; i < 3; i++) {
    const byte = space.read(vaddr + i, 1)?.[0];
    if (byte === undefined) return undefined;
    length |= (byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    const from = vaddr + i + 1;
    const text = length <= maxTextBytes ? space.read(from, length) : undefined;
    return text && { text: Buffer.from(text).toString('utf8'), next: from + length };
  }
  return undefined;
}

/** Lines of tab-separated words between two sentinels of 16 bytes. */
function parseModule(text: string): Omit<BuildInfo, 'goVersion'> {
  const settings = new Map<string, string>();
  const dependencies = new Map<string, string>();
  let mainPackage: string | undefined;
  let modulePath: string | undefined;
  for (const line of text.split('\n')) {
    const [key = '', value = '', version = ''] = line.split('\t');
    if (key.endsWith('path') && mainPackage === undefined) mainPackage = value;
    else if (key === 'mod') modulePath = value;
    else if (key === 'dep') dependencies.set(value, version);
    else if (key === 'build') {
      const equals = value.indexOf('=');
      if (equals > 0) settings.set(value.slice(0, equals), unquote(value.slice(equals + 1)));
    }
  }
  return {
    ...(mainPackage === undefined ? {} : { mainPackage }),
    ...(modulePath === undefined ? {} : { modulePath }),
    dependencies,
    settings,
  };
}

function unquote(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text;
}
