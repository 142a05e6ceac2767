import { expect, test } from 'vitest';
import { planProgram } from '../../src/attach/plan-program.ts';
import { targetRow } from '../../src/attach/row.ts';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { timeLimit, timeUse } from '../../src/wire/wire.gen.ts';
import { localPieStripped, localPlain, netHttpBuilds } from '../support/nethttp-builds.ts';
import { buildOrSkip } from '../support/skip.ts';

const timeout = 300_000;
const location = { loadBias: 0, codeStart: 0x400000, codeEnd: 0x500000 };

test.for(netHttpBuilds)(
  'the row of $name tells what each of its wait reasons is for',
  {
    timeout,
  },
  async (build, context) => {
    const binary = GoBinary.open(openFileSource(await buildOrSkip(context, build)));
    const plan = planProgram(binary, { level: 'waits' });
    const { gTlsOffset, timeByReason, time } = targetRow(plan, 1, 4242, location);
    expect(gTlsOffset).toBe(-8);
    expect(timeByReason).toHaveLength(timeLimit.WAIT_REASONS_MAX);
    const useOf = (reason: string) => timeByReason[plan.waitReasons.indexOf(reason)];
    expect(useOf('IO wait')).toBe(timeUse.TIME_NETWORK);
    expect(useOf('chan receive')).toBe(timeUse.TIME_CHAN_RECEIVE);
    expect(useOf('select')).toBe(timeUse.TIME_SELECT);
    expect(useOf('sleep')).toBe(timeUse.TIME_SLEEP);
    expect(useOf('semacquire')).toBe(timeLimit.TIME_BY_CALLER);
    // Numbers that this Go does not have.
    const behind = [...timeByReason].slice(plan.waitReasons.length);
    expect(new Set(behind)).toEqual(new Set([timeUse.TIME_OTHER]));
    expect(time.semacquireFd).toBeGreaterThan(0);
    expect(time.gSchedlink).toBe(binary.fieldOffset('runtime.g', 'schedlink'));
  },
);

test.for([localPlain, localPieStripped])(
  'the row of $name at level spans has nothing of its goroutines’ time',
  {
    timeout,
  },
  async (build, context) => {
    const binary = GoBinary.open(openFileSource(await buildOrSkip(context, build)));
    const { gTlsOffset, timeByReason } = targetRow(
      planProgram(binary, { level: 'spans' }),
      1,
      4242,
      location,
    );
    expect(gTlsOffset).toBe(0);
    expect(new Set(timeByReason)).toEqual(new Set([timeUse.TIME_OTHER]));
  },
);
