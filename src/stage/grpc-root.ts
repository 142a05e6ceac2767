/** A request of gRPC, or a call, as a local root. */
import { isErrorCode } from '../span/grpc-status.ts';
import { routeOfMethod } from '../verdict/grpc-call.ts';
import { bodyFieldAt, fieldAt } from '../wire/fields.ts';
import { grpcFlag, grpcText, headerAt, spanKind } from '../wire/wire.gen.ts';
import type { FamilyRoot } from './family-root.ts';

const CODE_AT = bodyFieldAt('grpc', 'code');
const KIND_AT = fieldAt('EV_SPAN_END', 'span_kind');

export const grpcRoot: FamilyRoot = {
  hasFailed: ({ u8, u16, u32 }, at) => {
    if (!((u16[(at + headerAt.flags) >>> 1] as number) & grpcFlag.GRPC_FLAG_STATUS)) return false;
    const isClient = u8[at + KIND_AT] === spanKind.SPAN_KIND_CLIENT;
    return isErrorCode(u32[(at + CODE_AT) >>> 2] as number, isClient);
  },
  route: {
    texts: [grpcText.GRPC_TEXT_METHOD, grpcText.GRPC_TEXT_TARGET],
    nameOf: (method) => routeOfMethod(method),
  },
};
