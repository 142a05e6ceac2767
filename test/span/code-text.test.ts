import { describe, expect, it } from 'vitest';
import type { CodeFrame } from '../../src/correlate/code-place.ts';
import { codeName, stackText, tellingFrame } from '../../src/span/code-text.ts';

const frame = (name: string, file = '/src/x.go', line = 7): CodeFrame => ({
  function: name,
  file,
  line,
  isInlined: false,
});

describe('the frame that says where in the program this is', () => {
  it.each<[string, readonly string[], string | undefined]>([
    ['the innermost of the program', ['runtime.gopark', 'sync.(*Mutex).Lock', 'main.f', 'main.g'], 'main.f'],
    [
      'or of a library that is not of Go',
      ['runtime.gopark', 'net.(*conn).Read', 'github.com/x/y.(*Z).Do', 'main.f'],
      'github.com/x/y.(*Z).Do',
    ],
    [
      'or of a module without a domain',
      ['net/http.(*conn).serve', 'shop/internal/db.Get'],
      'shop/internal/db.Get',
    ],
    [
      'without one, the innermost that says anything',
      ['runtime.gopark', 'internal/poll.(*FD).Read', 'net.(*conn).Read', 'net/http.(*conn).serve'],
      'net.(*conn).Read',
    ],
    [
      'not one of golang.org as one of Go',
      ['internal/poll.x', 'golang.org/x/net/http2.f'],
      'golang.org/x/net/http2.f',
    ],
    ['none that says nothing', ['runtime.gopark', 'sync.runtime_Semacquire', 'syscall.Syscall'], undefined],
    ['none of no stack', [], undefined],
  ])('is %s', (_, names, expected) => {
    expect(tellingFrame(names.map((name) => frame(name)))?.function).toBe(expected);
  });

  it('is called by its name without the path, and its line', () => {
    expect(codeName(frame('github.com/x/y.(*Z).Do', '/a/b/z.go', 12))).toBe('y.(*Z).Do (z.go:12)');
    expect(codeName(frame('main.f', '', 0))).toBe('main.f');
  });
});

describe('a stack', () => {
  it('is printed as Go prints it', () => {
    expect(stackText([frame('main.f'), frame('main.main', '/src/main.go', 3)])).toBe(
      'main.f(...)\n\t/src/x.go:7\nmain.main(...)\n\t/src/main.go:3',
    );
  });
});
