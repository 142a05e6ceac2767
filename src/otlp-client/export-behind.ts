/**
 * Which of our exporters stands behind a processor: it may then run in another thread, past the processor. A program may
 * hold this package twice, as ES module and as CommonJS, and mix what it has of the two: they share what they know.
 */
import { VERSION } from '../version.ts';
import { OtlpExport } from './otlp-export.ts';

/** Another version may have another `OtlpExport`. */
const key = Symbol.for(`goidspan ${VERSION}: export by processor`);
const shared = globalThis as typeof globalThis & { [key]?: WeakMap<object, OtlpExport> };

function exportByProcessor(): WeakMap<object, OtlpExport> {
  shared[key] ??= new WeakMap();
  return shared[key];
}

/** Says that the processor hands every span on to that export, and does nothing else with it. */
export function passesTo(processor: object, way: OtlpExport): void {
  exportByProcessor().set(processor, way);
}

/** Undefined if what becomes of a span there is not known. */
export function exportBehind(sink: object): OtlpExport | undefined {
  return sink instanceof OtlpExport ? sink : exportByProcessor().get(sink);
}
