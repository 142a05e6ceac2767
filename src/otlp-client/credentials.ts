/** Certificates and keys for TLS: read, and tried before the first connection. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { GoidspanError } from '../errors.ts';

/** PEM texts. Without `ca`, the authorities that Node trusts count. */
export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Where a PEM comes from: a path, or the PEM itself as text or bytes; and what to call that in messages. */
export interface PemSource {
  readonly from: string | Uint8Array;
  readonly name: string;
}

export interface PemSources {
  readonly ca: PemSource | undefined;
  readonly cert: PemSource | undefined;
  readonly key: PemSource | undefined;
}

/** @throws {GoidspanError} `bad_endpoint` for a file that cannot be read, and for what is no certificate or key. */
export function tlsSettingsOf({ ca, cert, key }: PemSources): TlsSettings {
  const lone = cert && !key ? cert : key && !cert ? key : undefined;
  if (lone) {
    throw unusable(
      lone,
      new Error(`the ${lone === cert ? 'key' : 'certificate'} that belongs to it is not set`),
    );
  }
  const settings = {
    ...(ca && { ca: pemOf(ca) }),
    ...(cert && { cert: pemOf(cert) }),
    ...(key && { key: pemOf(key) }),
  };
  // A context of TLS takes authorities that it cannot read for none.
  if (ca) attempt(ca, () => new X509Certificate(settings.ca ?? ''));
  if (cert) attempt(cert, () => createSecureContext({ cert: settings.cert }));
  if (key) attempt(key, () => createSecureContext({ cert: settings.cert, key: settings.key }));
  return settings;
}

function attempt(source: PemSource, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    throw unusable(source, error);
  }
}

function pemOf(source: PemSource): string {
  const { from } = source;
  const isPath = typeof from === 'string' && !from.includes('-----BEGIN ');
  let pem: string;
  try {
    pem = isPath ? readFileSync(from, 'utf8') : Buffer.from(from as Uint8Array).toString('utf8');
  } catch (error) {
    throw unusable(source, error);
  }
  if (!pem.includes('-----BEGIN ')) throw unusable(source, new Error('not in PEM form'));
  return pem;
}

function unusable({ from, name }: PemSource, error: unknown): GoidspanError {
  const file = typeof from === 'string' && !from.includes('-----BEGIN ') ? ` ${JSON.stringify(from)}` : '';
  const cause = (error as Error).message;
  return new GoidspanError('bad_endpoint', `cannot use the PEM file${file}: ${cause} (check ${name})`, {
    cause: error,
  });
}
