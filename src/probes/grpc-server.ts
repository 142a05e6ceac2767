/** Calls of google.golang.org/grpc that a server serves, over connections of its own or behind net/http; gRPC 1.59 to 1.85. */

import { atEntryOf } from './entry.ts';
import type { Hook, ProbeFamily } from './hook.ts';

const transport = 'google.golang.org/grpc/internal/transport';

/** `func (s *Server) handleStream(t transport.ServerTransport, stream *transport.ServerStream)`: `arg` holds `stream`. */
const start: Hook = {
  name: 'grpc_server_start',
  phase: 'start',
  choices: [atEntryOf(['google.golang.org/grpc.(*Server).handleStream'], 3)],
  need: 'required',
  without: 'calls of gRPC that are served are not traced',
};

/**
 * `func (t *http2Server) writeStatus(s *ServerStream, st *status.Status) error`, and the same of the transport behind
 * net/http; `WriteStatus` before gRPC 1.69: `arg` holds `st`.
 */
const end: Hook = {
  name: 'grpc_server_end',
  phase: 'end',
  sites: 'each',
  choices: ['http2Server', 'serverHandlerTransport'].map((type) =>
    atEntryOf([`${transport}.(*${type}).writeStatus`, `${transport}.(*${type}).WriteStatus`], 2),
  ),
  need: 'required',
  without: 'calls of gRPC that are served have no end',
};

export const grpcServer: ProbeFamily = {
  name: 'grpc_server',
  level: 'spans',
  need: 'library',
  isLate: true,
  makes: { family: 'grpc', spanKind: 'server' },
  hooks: [start, end],
  reads: ['grpc', 'grpcServer', 'net'],
};
