/** A call of gRPC with whatever bytes: what comes back. */
import { connect } from 'node:http2';

export interface GrpcAnswer {
  /** Of `grpc-status`; undefined: the call ended without. */
  readonly status: string | undefined;
  /** None where `isUnread` was asked. */
  readonly messages: readonly Buffer[];
}

export interface OpenCall {
  readonly answer: Promise<GrpcAnswer>;
  cancel(): void;
}

/** The flag and the length in front of a message. */
export const framed = (message: Uint8Array): Buffer => {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
};

export const grpcCall = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<GrpcAnswer> => openCall(url, headers, body).answer;

/** `isUnread`: what comes is left where it is. */
export function openCall(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  { isUnread = false } = {},
): OpenCall {
  const session = connect(url);
  session.on('error', () => {});
  const stream = session.request({ ':method': 'POST', te: 'trailers', ...headers });
  let status: string | undefined;
  const read = (told: object): void => {
    status = (told as Record<string, string>)['grpc-status'] ?? status;
  };
  const chunks: Buffer[] = [];
  stream.on('response', read);
  stream.on('trailers', read);
  stream.on('error', () => {});
  if (!isUnread) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const answer = new Promise<GrpcAnswer>((resolve) => {
    stream.on('close', () => {
      session.destroy();
      resolve({ status, messages: messagesIn(Buffer.concat(chunks)) });
    });
  });
  stream.end(body);
  return { answer, cancel: () => session.destroy() };
}

function messagesIn(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    messages.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return messages;
}
