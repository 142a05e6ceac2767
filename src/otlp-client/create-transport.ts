/** Chooses the transport that the settings want. */
import { GrpcTransport } from './grpc-transport.ts';
import { HttpTransport } from './http-transport.ts';
import { type PortSettings, PortTransport } from './port-transport.ts';
import type { OtlpSettings } from './settings.ts';
import type { Transport } from './transport.ts';

/** It connects when it is first used. */
export function createTransport(settings: OtlpSettings | PortSettings): Transport {
  if ('port' in settings) return new PortTransport(settings);
  return settings.protocol === 'grpc' ? new GrpcTransport(settings) : new HttpTransport(settings);
}
