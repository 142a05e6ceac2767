import { describe, expect, it } from 'vitest';
import { classifyFailure } from '../../src/export/export-failure.ts';

function system(code: string, message = `connect ${code}`): Error {
  return Object.assign(new Error(message), { code });
}

function grpc(code: number, details: string, metadata?: Record<string, string>): Error {
  const get = (key: string) => (metadata?.[key] ? [Buffer.from(metadata[key])] : []);
  return Object.assign(new Error(`${code}: ${details}`), { code, details, metadata: { get } });
}

function http(code: number, message: string): Error {
  return Object.assign(new Error(message), { name: 'OTLPExporterError', code });
}

describe('classifyFailure', () => {
  it.each([
    [system('ECONNREFUSED'), 'connection_refused', true, 'connection refused'],
    [system('ECONNREFUSED', ''), 'connection_refused', true, 'connection refused'],
    [system('ENOTFOUND'), 'unknown_host', true, 'unknown host'],
    [system('ECONNRESET'), 'unreachable', true, 'connection reset'],
    [system('EHOSTUNREACH'), 'unreachable', true, 'host unreachable'],
    [system('HPE_INVALID_CONSTANT', 'Parse Error'), 'other_protocol', false, 'the answer is not HTTP/1'],
    [
      system('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'),
      'tls',
      false,
      'self-signed certificate',
    ],
    [system('ENOSPC', 'no space left on device'), 'write_failed', false, 'no space left on device'],
    [
      grpc(14, 'No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1'),
      'connection_refused',
      true,
      'connection refused',
    ],
    [grpc(14, 'Name resolution failed: ENOTFOUND'), 'unknown_host', true, 'unknown host'],
    [grpc(14, 'restarting'), 'busy', true, 'restarting'],
    [grpc(4, 'Deadline exceeded after 10s'), 'timeout', true, 'no answer in time'],
    [grpc(8, 'slow down'), 'busy', false, 'slow down'],
    [
      grpc(8, 'slow down', { 'grpc-status-details-bin': '..type.googleapis.com/google.rpc.RetryInfo' }),
      'busy',
      true,
      'slow down',
    ],
    [grpc(3, 'bad span'), 'rejected', false, 'bad span'],
    [grpc(13, 'Received RST_STREAM: Protocol error'), 'other_protocol', false, 'the answer is not gRPC'],
    [
      grpc(
        14,
        'Last error: Error: 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:x.c:350:\n',
      ),
      'tls',
      false,
      'the answer is not TLS',
    ],
    [
      grpc(14, 'Last error: unable to verify\n the first  certificate'),
      'tls',
      false,
      'Last error: unable to verify the first certificate',
    ],
    [grpc(16, 'no token'), 'unauthorized', false, 'no token'],
    [grpc(12, 'unknown service'), 'not_found', false, 'unknown service'],
    [http(404, 'Not Found'), 'not_found', false, 'answered 404 Not Found'],
    [http(401, 'Unauthorized'), 'unauthorized', false, 'answered 401 Unauthorized'],
    [http(400, 'Bad Request'), 'rejected', false, 'answered 400 Bad Request'],
    [new Error('Export failed with retryable status'), 'busy', true, 'answered 429 or 50x'],
    [new Error('Request timed out'), 'timeout', true, 'no answer in time'],
    [new Error('odd'), 'other', false, 'odd'],
    [undefined, 'other', false, 'undefined'],
    ['text', 'other', false, 'text'],
  ])('of %s is %s', (error, reason, isRetryable, cause) => {
    expect(classifyFailure(error)).toMatchObject({ reason, isRetryable, cause });
    expect(classifyFailure(error).remedy).not.toBe('');
  });
});
