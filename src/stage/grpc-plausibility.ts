/** What a span of gRPC can say. */
import type { SpanFactOf } from '../correlate/fact.ts';
import type { FamilyPlausibility } from './family-plausibility.ts';

type GrpcFact = SpanFactOf<'grpc'>;

/** What HTTP/2 lets into no field of a request. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\x00-\x1f\x7f]/;

export const grpcPlausibility: FamilyPlausibility<GrpcFact> = {
  /** A client may try to send any text. */
  fault({ spanKind, body: { method } }: GrpcFact): string | undefined {
    if (spanKind !== 'server' || method === undefined || !control.test(method)) return undefined;
    return `the method ${JSON.stringify(method.slice(0, 40))} is no text`;
  },

  /** A program may have codes of its own, but not always. */
  doubt({ body: { method, code } }: GrpcFact): string | undefined {
    if (method === undefined) return 'the method cannot be read';
    return code !== undefined && code > 0xffff ? `${code} is hardly a status code` : undefined;
  },
};
