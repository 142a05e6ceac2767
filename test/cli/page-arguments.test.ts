import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { UsageError } from '../../src/cli/option-values.ts';

const parse = (line: string) => parseArguments(line.split(' '));
const usual = { folder: undefined, maxBytes: 2 ** 30, maxAgeMs: 86_400_000, spansInJaeger: undefined };

describe('the options of a page', () => {
  it.each([
    ['run -- ./server', undefined],
    ['run --page -- ./server', { store: usual, port: undefined }],
    ['attach --pid 1 --page-port 0', { store: usual, port: 0 }],
    ['run --store /data -- ./server', { store: { ...usual, folder: '/data' }, port: undefined }],
    ['run --store-bytes 5GiB -- ./server', { store: { ...usual, maxBytes: 5 * 2 ** 30 }, port: undefined }],
    ['run --store-bytes 500MB -- ./server', { store: { ...usual, maxBytes: 5e8 }, port: undefined }],
    ['run --jaeger-url http://j:16686/a/ -- ./server', { jaegerUrl: 'http://j:16686/a' }],
    ['run --spans-in-jaeger http://j/ -- ./server', { store: { ...usual, spansInJaeger: 'http://j' } }],
    ['run --store-age 7d -- ./server', { store: { ...usual, maxAgeMs: 7 * 86_400_000 }, port: undefined }],
  ])('of %s', (line, page) => {
    expect(parse(line)).toMatchObject({ common: { page } });
  });

  it.each([
    ['run --page-port 65536 -- ./server', '--page-port 65536: not a port from 0 to 65535'],
    ['run --store-bytes 5 -- ./server', '--store-bytes 5: not an amount of 1 MiB and more'],
    ['run --store-bytes much -- ./server', '--store-bytes much: not an amount'],
    ['run --store-age 3s -- ./server', '--store-age 3s: not a time of a minute and more'],
    ['run --store= -- ./server', '--store needs a value'],
    ['serve ./server', 'unexpected argument ./server (see goidspan serve --help)'],
    ['serve --port x', '--port x: not a port'],
    ['serve --token=', '--token needs a value'],
    ['serve --jaeger-url javascript:alert(1)', '--jaeger-url javascript:alert(1): not an http:// or'],
    ['run --jaeger-url j:16686 -- ./server', '--jaeger-url j:16686: not an http:// or https:// URL'],
    ['serve --jaeger-storage --spans-in-jaeger http://j', 'has its storage here has no spans of its own'],
    ['serve --from-jaeger http://j --spans-in-jaeger http://j', 'nothing is kept here'],
    ['serve --spans-in-jaeger j', '--spans-in-jaeger j: not an http:// or https:// URL'],
    ['serve --from-jaeger file:///etc', '--from-jaeger file:///etc: not an http:// or https:// URL'],
    ['serve --from-jaeger http://u:p@j', 'a URL without user, query and fragment is needed'],
    ['serve --jaeger-url http://j/?x=1#y', 'a URL without user, query and fragment is needed'],
    [
      'serve --from-jaeger http://j --store /x',
      '--store: with --from-jaeger nothing is taken and nothing is',
    ],
    ['serve --from-jaeger http://j --jaeger-storage', '--jaeger-storage: with --from-jaeger nothing'],
    ['open', 'the recording is missing'],
    ['open a b', 'unexpected argument b (one recording at a time)'],
    ['jaeger-ui-config --page localhost', '--page localhost: not an http:// or https:// URL'],
  ])('of %s are wrong', (line, message) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(message);
  });
});

describe('serve', () => {
  it('listens where OTLP is sent to, on this host', () => {
    expect(parse('serve')).toEqual({
      kind: 'serve',
      store: usual,
      host: '127.0.0.1',
      port: 7777,
      grpcPort: 4317,
      httpPort: 4318,
      isJaegerStorage: false,
      jaegerUrl: undefined,
      fromJaeger: undefined,
      token: undefined,
      durationSeconds: undefined,
    });
  });
});
