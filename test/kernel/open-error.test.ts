import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { openError } from '../../src/kernel/kernel-errors.ts';

const { EACCES, EINVAL, EPERM } = constants.errno;
const verifier = 'http_server_start: R2 unbounded memory access (3000 lines of verifier log omitted)';

it.each([
  [EPERM, '', 'not_permitted', 'EPERM (run as root, or with CAP_BPF and CAP_PERFMON)'],
  [EACCES, '', 'not_permitted', 'EACCES (run as root, or with CAP_BPF and CAP_PERFMON)'],
  [
    EACCES,
    verifier,
    'kernel_refused',
    `EACCES: ${verifier} (\`goidspan doctor\` tells what this kernel lacks)`,
  ],
  [EINVAL, '', 'kernel_refused', 'EINVAL (`goidspan doctor` tells what this kernel lacks)'],
])('error %i with the words "%s" is %s', (errno, said, code, message) => {
  expect(openError(-errno, said)).toMatchObject({ code, message: `cannot load BPF programs: ${message}` });
});
