/** What a span record says of a call of gRPC, made or served. */
import { type EvSpanEnd, grpcFlag, grpcStreams, grpcText } from '../wire/wire.gen.ts';
import { addressText } from './address-text.ts';
import type { BodyReader } from './body-reader.ts';
import type { RecordTexts } from './record-texts.ts';

/** Of what there may be more than one message: the client's, the server's, or both. */
export type GrpcStreaming = 'client' | 'server' | 'bidi';

/** What calls of gRPC have in common that come to the same. */
export interface RecurringGrpcCall {
  /** As it was sent, `/package.Service/Method`; absent where it was not readable. */
  readonly method?: string | undefined;
  /** The server has said that it has no such method (server only). */
  readonly methodIsUnknown: boolean;
  /** What the client was made for, `dns:///host:port` (client only). */
  readonly target?: string | undefined;
  /** By the numbers of `google.golang.org/grpc/codes`; absent where the call came to no status. */
  readonly code?: number | undefined;
  /** Absent of a unary call, and of servers, which do not say. */
  readonly streaming?: GrpcStreaming | undefined;
  /** How many times it was sent again within the one call (client only). */
  readonly resendCount?: number | undefined;
}

/** What is known of a call of gRPC. */
export interface GrpcCall extends RecurringGrpcCall {
  /** The other end of the connection that the last attempt went over. */
  readonly peer?: { readonly address: string; readonly port: number } | undefined;
}

const streamings: Readonly<Record<number, GrpcStreaming>> = {
  [grpcStreams.GRPC_STREAMS_CLIENT]: 'client',
  [grpcStreams.GRPC_STREAMS_SERVER]: 'server',
  [grpcStreams.GRPC_STREAMS_CLIENT | grpcStreams.GRPC_STREAMS_SERVER]: 'bidi',
};

/** Reads the body and the texts of a record of the family grpc. */
export const grpcCallReader: BodyReader<RecurringGrpcCall, GrpcCall> = {
  varying: ['peer_address', 'peer_port'],

  readRecurring(record: EvSpanEnd, texts: RecordTexts): RecurringGrpcCall {
    const { flags } = record.header;
    const { code, streams, resends } = record.grpc;
    return {
      method: texts.of(grpcText.GRPC_TEXT_METHOD),
      methodIsUnknown: (flags & grpcFlag.GRPC_FLAG_UNKNOWN_METHOD) !== 0,
      target: texts.of(grpcText.GRPC_TEXT_TARGET),
      code: flags & grpcFlag.GRPC_FLAG_STATUS ? code : undefined,
      streaming: streamings[streams],
      resendCount: resends > 0 ? resends : undefined,
    };
  },

  readBody(recurring: RecurringGrpcCall, record: EvSpanEnd): GrpcCall {
    const { peerAddress, peerPort } = record.grpc;
    const hasPeer = record.header.flags & grpcFlag.GRPC_FLAG_PEER;
    return {
      method: recurring.method,
      methodIsUnknown: recurring.methodIsUnknown,
      target: recurring.target,
      code: recurring.code,
      streaming: recurring.streaming,
      resendCount: recurring.resendCount,
      peer: hasPeer ? { address: addressText(peerAddress), port: peerPort } : undefined,
    };
  },
};
