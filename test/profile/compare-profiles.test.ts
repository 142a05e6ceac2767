import { describe, expect, it } from 'vitest';
import { compareProfiles } from '../../src/profile/compare-profiles.ts';
import { functionTotals } from '../../src/profile/function-totals.ts';
import { decodeGoProfile } from '../../src/profile/go-profile.ts';
import { encodePprof } from '../../src/profile/pprof.ts';
import { Profile, type ProfileFrame } from '../../src/profile/profile.ts';
import { Random } from '../support/random.ts';

const frame = (name: string, file = '/src/main.go', isInlined = false): ProfileFrame => ({
  function: name,
  file,
  line: 7,
  isInlined,
});
const values = [
  { type: 'samples', unit: 'count' },
  { type: 'cpu', unit: 'nanoseconds' },
];
const [leaf, fill, main] = [
  frame('main.leaf', undefined, true),
  frame('main.fill[go.shape.int]'),
  frame('main.main'),
];
const kernel = frame('vfs_read', '[kernel]');

function profileOf(...samples: readonly (readonly [stack: readonly ProfileFrame[], cpu: number])[]): Profile {
  const profile = new Profile({ values, startUnixMs: Date.UTC(2026, 10, 30), durationMs: 1_500 });
  for (const [stack, cpu] of samples) profile.add(stack, [1, cpu]);
  return profile;
}

describe('totals by function', () => {
  const profile = profileOf([[leaf, fill, main], 30], [[kernel, leaf, main], 20], [[main, leaf, main], 50]);

  it('are what it did itself, and with what it has called', () => {
    expect(functionTotals(profile, 1)).toEqual({
      total: 100,
      functions: [
        { function: 'main.main', self: 50, cumulative: 100 },
        { function: 'main.leaf', self: 30, cumulative: 100 },
        { function: 'vfs_read [kernel]', self: 20, cumulative: 20 },
        { function: 'main.fill[go.shape.int]', self: 0, cumulative: 30 },
      ],
    });
  });

  it('give to where a signal came what it was seen to begin', () => {
    const seen = profileOf([[frame('runtime.asyncPreempt'), leaf, main], 20], [[kernel], 5]);
    expect(functionTotals(seen, 1, { ofProgram: true }).functions).toEqual([
      { function: 'main.leaf', self: 20, cumulative: 20 },
      { function: 'vfs_read [kernel]', self: 5, cumulative: 5 },
      { function: 'main.main', self: 0, cumulative: 20 },
    ]);
  });

  it("give the kernel's part to who has called it", () => {
    expect(functionTotals(profile, 1, { ofProgram: true }).functions.slice(0, 2)).toEqual([
      { function: 'main.leaf', self: 50, cumulative: 100 },
      { function: 'main.main', self: 50, cumulative: 100 },
    ]);
  });
});

describe("Go's own profile", () => {
  it('is laid beside ours by shares, and not added to it', () => {
    const ours = profileOf([[leaf, fill, main], 3], [[main], 1]);
    const theirs = decodeGoProfile(
      encodePprof(profileOf([[leaf, fill, main], 50], [[frame('runtime.gc')], 50])),
    );
    expect(theirs.startUnixNs).toBe(BigInt(Date.UTC(2026, 10, 30)) * 1_000_000n);
    expect(theirs.samples).toBe(2);
    expect(theirs.durationNs).toBe(1_500_000_000);
    const compared = compareProfiles(
      { profile: ours, value: 1 },
      { profile: theirs.profile, value: theirs.cpu },
      3,
    );
    expect(compared.map(({ function: name, self }) => [name, self.ours, self.theirs])).toEqual([
      ['main.leaf', 0.75, 0.5],
      ['runtime.gc', 0, 0.5],
      ['main.main', 0.25, 0],
    ]);
    expect(compared[2]?.cumulative).toEqual({ ours: 1, theirs: 0.5 });
    expect(theirs.profile.frames.map((of) => of.function)).toContain('main.fill[...]');
  });

  it('is refused where it is none', () => {
    expect(() => decodeGoProfile(encodePprof(new Profile({ values: [] })))).toThrow('it is no CPU profile');
    expect(() => decodeGoProfile(Buffer.from('<html>not found</html>'))).toThrow(/^it is no /);
  });

  it('does no harm where it is damaged', { timeout: 20_000 }, () => {
    const whole = encodePprof(profileOf([[leaf, fill, main], 50], [[kernel, main], 50]));
    const random = new Random(11);
    for (let round = 0; round < 2_000; round++) {
      const bytes = Uint8Array.from(whole);
      for (let change = 0; change < 4; change++) bytes[random.below(bytes.length)] = random.below(256);
      const cut = bytes.subarray(0, random.below(bytes.length) + 1);
      try {
        const { profile, cpu } = decodeGoProfile(cut);
        compareProfiles({ profile, value: cpu }, { profile, value: cpu }, 10);
      } catch (error) {
        expect((error as Error).message).toMatch(/^it is no /);
      }
    }
  });
});
