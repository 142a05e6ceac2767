import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GoidspanError } from '../../src/errors.ts';
import type { Frame } from '../../src/recording/format.ts';
import { Recorder } from '../../src/recording/recorder.ts';
import { frameBytes } from '../../src/recording/write-frame.ts';
import { wireLayout } from '../../src/wire/wire.gen.ts';
import { temporaryFolder } from '../support/command.ts';
import { frames, readAll, start } from './frames.ts';

const { kind: _, wireHash: __, ...about } = start;

describe('Recorder', () => {
  it('writes each frame before its call returns, for the owner only', async () => {
    const path = join(await temporaryFolder(), 'a.rec');
    const recorder = Recorder.create(path, about, (error) => expect.fail(error.message));
    for (const [index, frame] of frames.slice(1).entries()) {
      recorder.write(frame);
      expect((await readAll(readFileSync(path))).frames).toEqual([
        { ...start, layout: wireLayout },
        ...frames.slice(1, index + 2),
      ]);
    }
    expect(recorder.size).toEqual({ bytes: statSync(path).size, batches: 1 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    recorder.close();
    recorder.close();
    recorder.write(frames[1] as Frame);
    expect(recorder.isWhole).toBe(true);
  });

  it('refuses a file that cannot be made or has no room', () => {
    expect(() => Recorder.create('/no/such/a.rec', about, () => {})).toThrow(
      /^cannot write the recording \/no\/such\/a\.rec: ENOENT.* \(choose another -o, or make room\)$/,
    );
    expect(() => Recorder.create('/dev/full', about, () => {})).toThrow(
      /^cannot write the recording \/dev\/full: ENOSPC/,
    );
  });

  it('says once that it cannot go on, and never throws', async () => {
    const failures: GoidspanError[] = [];
    const recorder = Recorder.create(join(await temporaryFolder(), 'a.rec'), about, (error) =>
      failures.push(error),
    );
    const tooLarge: Frame = { kind: 'batch', bytes: new ArrayBuffer(64 << 20) };
    recorder.write(tooLarge);
    recorder.write(tooLarge);
    recorder.close();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toBeInstanceOf(GoidspanError);
    expect(failures[0]?.code).toBe('cannot_write');
    expect(recorder.isWhole).toBe(false);
  });
});

describe('frameBytes', () => {
  it('refuses a frame that no reader would take', () => {
    expect(() => frameBytes({ kind: 'batch', bytes: new ArrayBuffer(64 << 20) })).toThrow(RangeError);
  });
});
