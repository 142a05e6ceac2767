/** Calls that a client of google.golang.org/grpc makes, unary and streams; gRPC 1.59 to 1.85. */

import { atEntryOf } from './entry.ts';
import type { Hook, ProbeFamily } from './hook.ts';

const stream = 'google.golang.org/grpc.(*clientStream)';
const newStream = 'google.golang.org/grpc/internal/transport.(*http2Client).NewStream';
const assign = 'runtime.mapassign_fast32';

/** `func (cs *clientStream) newAttemptLocked(isTransparent bool) (*csAttempt, error)`: `arg` holds `cs`. */
const start: Hook = {
  name: 'grpc_client_start',
  phase: 'start',
  choices: [atEntryOf([`${stream}.newAttemptLocked`], 0)],
  need: 'required',
  without: 'calls of gRPC that are made are not traced',
};

/**
 * In a function literal of `NewStream`, `t.activeStreams[s.id] = s`: the call `mapassign_fast32(type, map, key)`, of which
 * `arg` holds the key.
 */
const send: Hook = {
  name: 'grpc_client_send',
  phase: 'during',
  choices: [
    {
      on: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `${newStream}.func${n}`),
      calls: assign,
      rules: [{ at: 'call', of: assign, arg: 2 }],
    },
  ],
  need: 'required',
  without:
    'streams last as long as the call that makes them, and no call is joined with what serves it on this host',
};

/**
 * In `retryLocked`, the jump on the error of `func (a *csAttempt) shouldRetry(err error) (bool, error)`: `arg` holds it. Passed by
 * attempts that have failed only.
 */
const giveUp: Hook = {
  name: 'grpc_client_give_up',
  phase: 'end',
  choices: [
    {
      on: [`${stream}.retryLocked`],
      rules: [
        { at: 'branch_after_call', of: 'google.golang.org/grpc.(*csAttempt).shouldRetry', arg: 1 },
        { at: 'after_call', of: 'google.golang.org/grpc.(*csAttempt).shouldRetry', arg: 1 },
      ],
    },
  ],
  need: 'optional',
  without: 'calls that get no connection end when their caller does, and as if it had panicked',
};

/** `func (cs *clientStream) finish(err error)`: `arg` holds `cs`. */
const end: Hook = {
  name: 'grpc_client_end',
  phase: 'end',
  choices: [atEntryOf([`${stream}.finish`], 0)],
  need: 'required',
  without: 'calls of gRPC that are made have no end',
};

export const grpcClient: ProbeFamily = {
  name: 'grpc_client',
  level: 'spans',
  need: 'library',
  isLate: true,
  makes: { family: 'grpc', spanKind: 'client' },
  hooks: [start, send, giveUp, end],
  reads: ['grpc', 'grpcClient', 'net'],
};
