/** Chooses the transport that the settings want. */
import { GrpcTransport } from './grpc-transport.ts';
import { HttpTransport } from './http-transport.ts';
import type { OtlpSettings } from './settings.ts';
import type { Transport } from './transport.ts';

/** It connects when it is first used. */
export function createTransport(settings: OtlpSettings): Transport {
  return settings.protocol === 'grpc' ? new GrpcTransport(settings) : new HttpTransport(settings);
}
