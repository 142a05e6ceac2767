import { SpanStatusCode } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { spanFact } from '../../src/correlate/span-fact.ts';
import { outcomeOfSpan } from '../../src/span/describe-span.ts';
import type { SpanSource } from '../../src/span/span-source.ts';
import { hasFailed } from '../../src/stage/family-roots.ts';
import { batchOf } from '../../src/wire/batch.ts';
import { decodeBatch } from '../../src/wire/decode.ts';
import { dbFlag, grpcFlag, httpFlag, spanEnding, spanKind } from '../../src/wire/wire.gen.ts';
import { rawSpan } from '../correlate/raw-record.ts';
import { Random } from '../support/random.ts';

const source = { errorTypeName: () => undefined } as unknown as SpanSource;

/** Any span that ended in any way. */
function anySpan(random: Random): Uint8Array {
  const isDb = random.below(4) === 0;
  const isGrpc = !isDb && random.below(3) === 0;
  const values = {
    ...{ target_id: 1, goid: 7, span_kind: isDb ? spanKind.SPAN_KIND_CLIENT : random.pick([1, 2]) },
    ending: random.pick([spanEnding.ENDING_RETURNED, spanEnding.ENDING_RETURNED, random.below(8)]),
    error_type_addr: random.pick([0, 0, 0, 0x6c0ffe]),
  };
  if (isGrpc) {
    const flags = random.pick([0, grpcFlag.GRPC_FLAG_STATUS]);
    return rawSpan('grpc', { ...values, flags, code: random.below(18) });
  }
  return isDb
    ? rawSpan('db', {
        ...values,
        flags: random.pick([0, dbFlag.DB_FLAG_CANCELED]),
        error_number: random.below(2),
      })
    : rawSpan('http', {
        ...values,
        flags: random.pick([0, httpFlag.HTTP_FLAG_STATUS]),
        status: random.pick([0, 200, 399, 400, 404, 499, 500, 503]),
      });
}

it('says of a record that it has failed exactly where its span is told as an error', () => {
  const random = new Random(5);
  const batch = batchOf(
    Uint8Array.from(Buffer.concat(Array.from({ length: 5_000 }, () => anySpan(random)))).buffer,
  );
  let failed = 0;
  decodeBatch(batch, {
    spanEnd: (record, at) => {
      const isError = outcomeOfSpan(spanFact(record), source).status.code === SpanStatusCode.ERROR;
      expect(hasFailed(batch, at)).toBe(isError);
      if (isError) failed++;
    },
    bad: (reason) => expect.fail(reason),
  });
  expect(failed).toBeGreaterThan(1_000);
  expect(failed).toBeLessThan(4_500);
});
