/**
 * Struct offsets of Go releases on amd64, read from the DWARF of unstripped programs: what the type data must say too.
 * Only for tests: the product has no table by version.
 */

/** `type.field` → bytes, by Go release. */
export const knownOffsets: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  '1.19': { ...g(48, 152, undefined, 312), 'runtime.m.curg': 192, 'runtime.m.procid': 72, ...response(120) },
  '1.20': { ...g(48, 152, undefined, 312), 'runtime.m.curg': 192, 'runtime.m.procid': 72, ...response(120) },
  '1.21': { ...g(48, 152, 272, 296), 'runtime.m.curg': 192, 'runtime.m.procid': 72, ...response(120) },
  '1.22': { ...g(48, 152, 272, 296), 'runtime.m.curg': 192, 'runtime.m.procid': 72, ...response(120) },
  '1.23': { ...g(48, 160, 280, 304), 'runtime.m.curg': 192, 'runtime.m.procid': 72, ...response(120) },
  '1.24': { ...g(48, 160, 280, 304), 'runtime.m.curg': 192, 'runtime.m.procid': 72, ...response(120) },
  '1.25': { ...g(48, 152, 272, 296), 'runtime.m.curg': 184, 'runtime.m.procid': 64, ...response(120) },
  '1.26': { ...g(48, 152, 280, 304), 'runtime.m.curg': 184, 'runtime.m.procid': 64, ...response(120) },
  '1.27': { ...g(48, 152, 280, 304), 'runtime.m.curg': 184, 'runtime.m.procid': 64, ...response(128) },
};

function g(m: number, goid: number, parentGoid: number | undefined, startpc: number): Record<string, number> {
  return {
    'runtime.g.m': m,
    'runtime.g.goid': goid,
    'runtime.g.startpc': startpc,
    ...(parentGoid === undefined ? {} : { 'runtime.g.parentGoid': parentGoid }),
  };
}

function response(status: number): Record<string, number> {
  return {
    'net/http.response.req': 8,
    'net/http.response.status': status,
    'net/http.response.written': status - 16,
  };
}
