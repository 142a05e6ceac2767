/** Which of our exporters stands behind a processor: it may then run in another thread, past the processor. */
import { OtlpExport } from './otlp-export.ts';

const exportByProcessor = new WeakMap<object, OtlpExport>();

/** Says that the processor hands every span on to that export, and does nothing else with it. */
export function passesTo(processor: object, way: OtlpExport): void {
  exportByProcessor.set(processor, way);
}

/** Undefined if what becomes of a span there is not known. */
export function exportBehind(sink: object): OtlpExport | undefined {
  return sink instanceof OtlpExport ? sink : exportByProcessor.get(sink);
}
