import { expect, it } from 'vitest';
import { DrainMeter } from '../../src/stage/drain-meter.ts';
import { batchOf } from '../../src/wire/batch.ts';
import { decodeBatch } from '../../src/wire/decode.ts';
import { evKind, wireSize } from '../../src/wire/wire.gen.ts';

/** Two records of exits. */
function batch() {
  const size = wireSize.EV_PROCESS_EXIT;
  const bytes = new Uint8Array(2 * size);
  const view = new DataView(bytes.buffer);
  for (const at of [0, size]) {
    view.setUint16(at, evKind.EV_PROCESS_EXIT, true);
    view.setUint32(at + 4, size, true);
  }
  return batchOf(bytes.buffer);
}

it('counts batches, records, bytes and time', () => {
  const meter = new DrainMeter();
  let exits = 0;
  const visitor = {
    spanEnd: () => {},
    processExit: () => void exits++,
    bad: () => {},
  };
  meter.measure(batch(), (all) => decodeBatch(all, visitor));
  meter.measure(batch(), (all) => decodeBatch(all, visitor));
  const bytes = 4 * wireSize.EV_PROCESS_EXIT;
  const stats = meter.stats();
  expect(stats).toEqual({ batches: 2, records: 4, bytes, timeMs: expect.any(Number) });
  expect(stats.timeMs).toBeGreaterThan(0);
  expect(exits).toBe(4);
});
