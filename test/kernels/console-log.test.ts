import { describe, expect, it } from 'vitest';
import { stumbleOfEmulator } from './console-log.ts';

describe('a stumble of the emulator', () => {
  it.each([
    'guest: step kill: /usr/bin/node ended (signal: segmentation fault) before "attached to": ',
    'guest: step stress: /usr/bin/node ended (signal: illegal instruction) before "attached to"',
    'goidspan: internal error: RuntimeError: memory access out of bounds',
    '[   12.3] Oops: int3: 0000 [#1]',
  ])('is %s', (line) => {
    expect(stumbleOfEmulator(`guest: step run\r\n${line}\r\nguest: sending\r\n`)).toBe(line);
  });

  it.each([
    'guest: step kill: /srv/server ended (signal: segmentation fault) before "listening": ',
    'guest: step run: /usr/bin/node ended (exit status 1) before "listening": goidspan: cannot attach',
    '[   12.3] BUG: unable to handle page fault',
    '[   12.3] Oops: int3: 0000 [#1]\r\n[   12.3]  uprobe_notify_resume+0x1',
  ])('is not %s', (line) => {
    expect(stumbleOfEmulator(`guest: step run\r\n${line}\r\nguest: sending\r\n`)).toBeUndefined();
  });
});
