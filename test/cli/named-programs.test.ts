import { realpathSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { programsNamedIn } from '../../src/cli/named-programs.ts';

const env = { PATH: '/usr/bin:/bin' };
const [node, sleep, env_] = [process.execPath, '/bin/sleep', '/usr/bin/env'].map((path) =>
  realpathSync(path),
);

describe('programsNamedIn', () => {
  it.each<[string, string[], (string | undefined)[]]>([
    ['a line of a shell', ['sh', '-c', `exec ${process.execPath} --port 80`], [node]],
    ['several of them', ['sh', '-c', `sleep 1 && (${process.execPath} & ); "sleep" 2`], [sleep, node]],
    ['a wrapper and its command', ['nice', '-n', '5', 'env', 'A=1', process.execPath], [env_, node]],
    ['nothing that can be executed', ['sh', '-c', 'cd / ; ./none ; exec /etc/passwd'], []],
    [
      'no command that sets its own resource',
      ['sh', '-c', `OTEL_SERVICE_NAME=x exec ${process.execPath}`],
      [],
    ],
    ['no command without words', ['server'], []],
  ])('finds %s', (_what, command, found) => {
    expect(programsNamedIn(command, env)).toEqual(found);
  });
});
