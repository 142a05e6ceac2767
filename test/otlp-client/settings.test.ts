import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasZstd } from '../../src/otlp-client/compress.ts';
import { checkOtlpOptions, type OtlpOptions } from '../../src/otlp-client/options.ts';
import { otlpSettingsOf } from '../../src/otlp-client/settings.ts';

/** Settings of an environment (names without their common prefix) and of options, and what was said of them. */
function read(variables: Record<string, string>, options: OtlpOptions = {}, signal?: 'traces' | 'metrics') {
  const env = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]),
  );
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  return { ...otlpSettingsOf(env, warn, signal, checkOtlpOptions(options)), warnings };
}

describe('the endpoint', () => {
  it.each([
    [{}, 'http/protobuf', 'http://localhost:4318/v1/traces'],
    [{ ENDPOINT: 'http://a:4318' }, 'http/protobuf', 'http://a:4318/v1/traces'],
    [{ ENDPOINT: 'https://a/otlp/' }, 'http/protobuf', 'https://a/otlp/v1/traces'],
    [{ TRACES_ENDPOINT: 'http://a:1/x' }, 'http/protobuf', 'http://a:1/x'],
    [{ TRACES_ENDPOINT: 'http://a:1/x?key=1' }, 'http/protobuf', 'http://a:1/x?key=1'],
    [{ ENDPOINT: 'http://a:1', TRACES_ENDPOINT: 'http://b:2' }, 'http/protobuf', 'http://b:2/'],
    [{ PROTOCOL: 'grpc' }, 'grpc', 'http://localhost:4317'],
    [{ ENDPOINT: 'http://a:4317' }, 'grpc', 'http://a:4317'],
    [{ ENDPOINT: 'http://a:4317', PROTOCOL: 'http/protobuf' }, 'http/protobuf', 'http://a:4317/v1/traces'],
    [{ PROTOCOL: 'http/protobuf', TRACES_PROTOCOL: 'grpc' }, 'grpc', 'http://localhost:4317'],
    [{ ENDPOINT: 'a:4317', PROTOCOL: 'grpc' }, 'grpc', 'https://a:4317'],
    [{ ENDPOINT: 'a:4317', INSECURE: 'true' }, 'grpc', 'http://a:4317'],
    [{ ENDPOINT: 'a:4317', INSECURE: 'true', TRACES_INSECURE: 'False' }, 'grpc', 'https://a:4317'],
    [{ ENDPOINT: 'https://a:4317', INSECURE: 'true' }, 'grpc', 'https://a:4317'],
    [{ ENDPOINT: 'http://a:1/path', PROTOCOL: 'grpc', INSECURE: 'false' }, 'grpc', 'http://a:1'],
    [{ ENDPOINT: '[::1]:4317', PROTOCOL: 'grpc', INSECURE: 'true' }, 'grpc', 'http://[::1]:4317'],
    [{ ENDPOINT: 'unix:///s', PROTOCOL: 'grpc' }, 'grpc', 'unix:///s'],
    [{ ENDPOINT: 'unix:/s/o', PROTOCOL: 'grpc' }, 'grpc', 'unix:///s/o'],
    [{ ENDPOINT: 'unix:/s' }, 'http/protobuf', 'unix:///s'],
  ] as const)('of %j is %s to %s', (variables, protocol, url) => {
    expect(read(variables)).toMatchObject({ signal: 'traces', protocol, url, warnings: [] });
  });

  it.each([
    [{}, {}, 'http://localhost:4318/v1/metrics'],
    [{ ENDPOINT: 'http://a:1', TRACES_ENDPOINT: 'http://b:2/x' }, {}, 'http://a:1/v1/metrics'],
    [{ METRICS_ENDPOINT: 'http://c:3/m' }, {}, 'http://c:3/m'],
    [{}, { url: 'http://d:4' }, 'http://d:4/v1/metrics'],
  ])('of metrics, of %j and %j, is %s', (variables, options, url) => {
    expect(read(variables, options, 'metrics')).toMatchObject({ signal: 'metrics', url, warnings: [] });
  });

  it.each([
    [{ url: 'http://b:2' }, 'http://b:2/v1/traces'],
    [{ url: 'http://b:2/' }, 'http://b:2/v1/traces'],
    [{ url: 'http://b:2/x' }, 'http://b:2/x'],
    [{ url: 'b:2', protocol: 'grpc' }, 'https://b:2'],
    [{ url: 'b:2', protocol: 'grpc', insecure: true }, 'http://b:2'],
    [{ protocol: 'grpc' }, 'http://a:1'],
  ] as const)('of the options %j is %s whatever the environment says', (options, url) => {
    expect(read({ ENDPOINT: 'http://a:1' }, options).url).toBe(url);
  });

  it.each(['not a url', 'localhost:4318', 'ftp://a', '//a', 'unix:relative', 'http://'])(
    'cannot be %j',
    (endpoint) => {
      expect(() => read({ ENDPOINT: endpoint })).toThrow(
        expect.objectContaining({
          code: 'bad_endpoint',
          message: `cannot export to ${JSON.stringify(endpoint)}: not a URL of OTLP (set OTEL_EXPORTER_OTLP_ENDPOINT, for example to http://localhost:4318)`,
        }),
      );
    },
  );

  it('may have a password, which becomes a header and is never shown', () => {
    const { url, headers } = read({ ENDPOINT: 'http://me:p%40ss@a:1' });
    expect(url).toBe('http://a:1/v1/traces');
    expect(headers).toEqual({ authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` });
    expect(() => read({ ENDPOINT: 'ftp://me:secret@a' })).toThrow('cannot export to "ftp://…@a"');
  });
});

describe('the other variables', () => {
  it('have the defaults of the specification', () => {
    expect(read({})).toMatchObject({ headers: {}, timeoutMs: 10_000, compression: 'none', tls: {} });
  });

  it.each([
    [{ TIMEOUT: '500' }, { timeoutMs: 500 }],
    [{ TIMEOUT: '500', TRACES_TIMEOUT: '70' }, { timeoutMs: 70 }],
    [{ TIMEOUT: '500', METRICS_TIMEOUT: '70' }, { timeoutMs: 500 }],
    [{ COMPRESSION: 'gzip' }, { compression: 'gzip' }],
    [{ COMPRESSION: 'gzip', TRACES_COMPRESSION: 'none' }, { compression: 'none' }],
    [{ HEADERS: 'A=b, c = d%20%3d%2C ,' }, { headers: { a: 'b', c: 'd =,' } }],
    [{ HEADERS: 'a=1,b=1', TRACES_HEADERS: 'b=2' }, { headers: { a: '1', b: '2' } }],
    [{ HEADERS: 'authorization=Basic%20eD1=' }, { headers: { authorization: 'Basic eD1=' } }],
  ])('of %j are %j', (variables, expected) => {
    expect(read(variables)).toMatchObject({ ...expected, warnings: [] });
  });

  it.each([
    [{ PROTOCOL: 'http/json' }, '_PROTOCOL=http/json is not supported (using http/protobuf)'],
    [{ TRACES_PROTOCOL: 'x' }, '_TRACES_PROTOCOL=x is not supported (using http/protobuf)'],
    [{ TIMEOUT: '1s' }, '_TIMEOUT=1s is not a positive integer (using 10000)'],
    [{ TIMEOUT: '0' }, '_TIMEOUT=0 is not a positive integer (using 10000)'],
    [{ COMPRESSION: 'br' }, '_COMPRESSION=br is not supported (using none)'],
    [{ INSECURE: 'yes' }, '_INSECURE=yes is neither true nor false (using false)'],
    [{ HEADERS: 'a=1,secret' }, '_HEADERS: entry 2 is not name=value, percent-encoded (left out)'],
    [{ HEADERS: 'a=%zz' }, '_HEADERS: entry 1 is not name=value, percent-encoded (left out)'],
    [{ TRACES_HEADERS: '=x' }, '_TRACES_HEADERS: entry 1 is not name=value, percent-encoded (left out)'],
    [{ HEADERS: 'TE=x' }, '_HEADERS: entry 1 ("te"): the exporter sets it itself (left out)'],
    [{ HEADERS: 'grpc-x=x' }, '_HEADERS: entry 1 ("grpc-x"): the exporter sets it itself (left out)'],
    [
      { HEADERS: 'a=%0d%0ab' },
      '_HEADERS: entry 1 ("a"): its value has characters that a header cannot have (left out)',
    ],
    [
      { HEADERS: 'a b=secret' },
      '_HEADERS: entry 1 ("a b"): its name has characters that a header cannot have (left out)',
    ],
  ])('warn of %j and leave it out', (variables, warning) => {
    const { warnings, ...settings } = read(variables);
    expect(warnings).toEqual([`OTEL_EXPORTER_OTLP${warning}`]);
    const { warnings: _, ...defaults } = read({});
    const { headers, ...rest } = settings;
    expect(rest).toEqual((({ headers: _none, ...others }) => others)(defaults));
    expect(JSON.stringify(headers)).not.toContain('secret');
  });

  it('use gzip where Node has no zstd, and say so', () => {
    const { compression, warnings } = read({ COMPRESSION: 'zstd' });
    expect(compression).toBe(hasZstd ? 'zstd' : 'gzip');
    expect(warnings).toEqual(
      hasZstd
        ? []
        : [`compression with zstd needs Node 22.15 or 23.8, and this is ${process.version} (using gzip)`],
    );
  });

  it('count less than the options', () => {
    const variables = { TIMEOUT: '1', COMPRESSION: 'gzip', HEADERS: 'a=1,b=1' };
    const options = { timeoutMillis: 2, compression: 'none', headers: { B: '2' } } as const;
    expect(read(variables, options)).toMatchObject({
      timeoutMs: 2,
      compression: 'none',
      headers: { a: '1', b: '2' },
    });
  });

  it('come to settings that can be posted to a worker', () => {
    const { warnings: _, ...settings } = read({ HEADERS: 'a=1' });
    expect(structuredClone(settings)).toEqual(settings);
  });
});

describe('an option', () => {
  it.each([
    [null, 'options must be an object, not null'],
    [{ uri: 'x' }, 'options has no uri; it may have url, protocol, headers, timeoutMillis, compression, '],
    [{ url: '' }, 'url must be a non-empty string, not ""'],
    [{ url: 5 }, 'url must be a non-empty string, not 5'],
    [{ protocol: 7 }, 'protocol must be one of grpc, http/protobuf, not 7'],
    [{ headers: 'a=1' }, 'headers must be an object of strings, not "a=1"'],
    [{ headers: { a: 1 } }, 'headers: "a" must be a string'],
    [{ timeoutMillis: '1' }, 'timeoutMillis must be a number, not "1"'],
    [{ insecure: 'true' }, 'insecure must be true or false, not "true"'],
    [{ certificate: 1 }, 'certificate must be a path, or a PEM as a string or bytes'],
    [{ clientKey: '' }, 'clientKey must be a path, or a PEM as a string or bytes'],
  ])('of the wrong kind (%j) is a TypeError', (options, message) => {
    expect(() => checkOtlpOptions(options)).toThrow(TypeError);
    expect(() => checkOtlpOptions(options)).toThrow(message);
  });

  it.each([
    [{ protocol: 'http/json' }, 'protocol must be one of grpc, http/protobuf, not "http/json"'],
    [{ compression: 'br' }, 'compression must be one of none, gzip, zstd, not "br"'],
    [{ timeoutMillis: 0 }, 'timeoutMillis must be an integer from 1 to 86400000, not 0'],
    [{ timeoutMillis: 1.5 }, 'timeoutMillis must be an integer from 1 to 86400000, not 1.5'],
    [{ headers: { TE: 'x' } }, 'headers: "TE" cannot be sent: the exporter sets it itself'],
    [{ headers: { a: 'ü' } }, 'headers: "a" cannot be sent: its value has characters'],
  ])('of a wrong value (%j) is a RangeError', (options, message) => {
    expect(() => checkOtlpOptions(options)).toThrow(RangeError);
    expect(() => checkOtlpOptions(options)).toThrow(message);
  });

  it('may be undefined', () => {
    expect(read({}, { url: undefined } as unknown as OtlpOptions).url).toBe(
      'http://localhost:4318/v1/traces',
    );
  });
});

describe('a certificate', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'goidspan-'));
    writeFileSync(join(folder, 'text'), 'hello');
    writeFileSync(join(folder, 'broken'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is not read when there is no TLS', () => {
    expect(read({ ENDPOINT: 'http://a:1', CERTIFICATE: '/missing' }).tls).toEqual({});
  });

  it.each([
    ['CERTIFICATE', 'missing', /: ENOENT: no such file .* \(check OTEL_EXPORTER_OTLP_CERTIFICATE\)$/],
    ['TRACES_CERTIFICATE', 'text', /: not in PEM form \(check OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE\)$/],
    ['CERTIFICATE', 'broken', /: .* \(check OTEL_EXPORTER_OTLP_CERTIFICATE\)$/],
    ['CLIENT_KEY', 'text', /: the certificate that belongs to it is not set \(check OTEL_.*_CLIENT_KEY\)$/],
    ['CLIENT_CERTIFICATE', 'text', /: the key that belongs to it is not set \(check OTEL_.*_CERTIFICATE\)$/],
  ])('in %s that is %s is said by name', (variable, file, message) => {
    const path = join(folder, file);
    const readIt = () => read({ ENDPOINT: 'https://a:1', [variable]: path });
    expect(readIt).toThrow(message);
    expect(readIt).toThrow(`cannot use the PEM file ${JSON.stringify(path)}: `);
    expect(readIt).toThrow(expect.objectContaining({ code: 'bad_endpoint' }));
  });

  it('may be the text itself, which no message shows', () => {
    const clientKey = '-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n';
    const options = { url: 'https://a:1', clientKey, clientCertificate: clientKey };
    expect(() => read({}, options)).toThrow(/^cannot use the PEM file: .* \(check clientCertificate\)$/);
    expect(() => read({}, options)).not.toThrow('secret');
  });
});
