import { execFileSync, spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { targetRow } from '../../src/attach/row.ts';
import type { TargetRow } from '../../src/wire/wire.gen.ts';
import { describeLive } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { GoServer } from '../support/go-server.ts';
import { Attached, buildServer } from './attached.ts';

const SLOT = 9;

describeLive('a record', () => {
  let attached: Attached;
  let server: GoServer;
  let row: TargetRow;
  beforeAll(async () => {
    attached = new Attached();
    server = await GoServer.start(await buildServer());
    const { program, info } = await attached.attach(server.pid);
    row = targetRow(program.plan, info.targetId, info.pid, {
      loadBias: 0,
      codeStart: program.codeStart,
      codeEnd: program.codeEnd,
    });
  });
  afterAll(async () => {
    await attached.close();
    await server.stop();
  });

  /** Follows a process as that target, in a slot that no other has. */
  function follow(pid: number, targetId: number): void {
    attached.kernel.setTarget(SLOT, { ...row, targetId, tgid: pid });
    attached.kernel.followProcess(pid, SLOT);
  }

  /** Drains until a record is there that matches. */
  async function find<T>(records: readonly T[], match: (record: T) => boolean): Promise<T> {
    return await eventually('matching record', 10_000, () => {
      attached.drain();
      return records.find(match);
    });
  }

  it('of a span is written when a request ends, and one when a call ends', async () => {
    await server.get('/get?id=kinds');
    const request = await find(attached.spans, ({ body }) => body.query === 'id=kinds');
    const call = await find(
      attached.spans,
      ({ spanKind, body }) => spanKind === 'client' && /of=kinds/.test(body.query ?? ''),
    );
    const leaf = await find(
      attached.spans,
      ({ spanKind, body }) => spanKind === 'server' && /of=kinds/.test(body.query ?? ''),
    );
    expect(request).toMatchObject({
      spanKind: 'server',
      targetId: 1,
      ending: 'returned',
      body: { statusCode: 200 },
    });
    expect(call).toMatchObject({
      parentSpanId: request.spanId,
      traceId: request.traceId,
      goid: request.goid,
    });
    expect(leaf).toMatchObject({ parentSpanId: call.spanId, traceId: request.traceId });
  });

  it('of an exec is written for any process when asked, and else only for targets', async () => {
    const before = attached.execs.length;
    execFileSync('true');
    attached.drain();
    expect(attached.execs.length).toBe(before);
    attached.kernel.setSettings({
      samplerRejectBelow: 0n,
      samplerParentBased: 1,
      followExec: 1,
      waitMinNs: 0,
      samplePeriodNs: 0,
      countsUnsampled: 0,
      grpcHealth: 0,
      tellsArguments: 0,
    });
    const child = spawn('true');
    const exec = await find(attached.execs, ({ tgid }) => tgid === child.pid);
    attached.kernel.setSettings({
      samplerRejectBelow: 0n,
      samplerParentBased: 1,
      followExec: 0,
      waitMinNs: 0,
      samplePeriodNs: 0,
      countsUnsampled: 0,
      grpcHealth: 0,
      tellsArguments: 0,
    });
    expect(exec.header.targetId).toBe(0);
    expect(exec.parentTgid).toBe(process.pid);
  });

  it('of an exit is written when the last thread of a target is gone, with the code of wait(2)', async () => {
    const shell = spawn('sh', ['-c', 'read line; exit 3']);
    follow(shell.pid as number, 77);
    shell.stdin.end('\n');
    const exit = await find(attached.exits, ({ tgid }) => tgid === shell.pid);
    expect(exit).toMatchObject({ header: { targetId: 77 }, exitCode: 3 << 8 });
    attached.kernel.forgetProcess(shell.pid as number);
  });

  it('of an exec is written for a target, by its number', async () => {
    const shell = spawn('sh', ['-c', 'read line; exec true']);
    follow(shell.pid as number, 78);
    shell.stdin.end('\n');
    const exec = await find(attached.execs, ({ tgid }) => tgid === shell.pid);
    expect(exec.header.targetId).toBe(78);
    attached.kernel.forgetProcess(shell.pid as number);
  });

  it('is never damaged, and nothing was lost', () => {
    attached.drain();
    expect(attached.bad).toBe(0);
    expect(attached.losses()).toEqual([]);
    expect(attached.violations()).toEqual([]);
  });
});
