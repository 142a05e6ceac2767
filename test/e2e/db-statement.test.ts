import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type StatementForm, statementForms } from '../../src/span/statement-form.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { goidspan, temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { drivers, sqlBuilds } from '../support/sql-server.ts';
import { byThread, collecting, TracedServer } from '../support/traced-server.ts';

/** How each form tells the one statement of `/plain?id=it`. */
const told: Readonly<Record<StatementForm, string | undefined>> = {
  sanitized: 'select ?, ? from items /* of=it n=0 */',
  raw: "select 'it''s', 4711 from items /* of=it n=0 */",
  none: undefined,
};
const sqlite = drivers[3];
const plain = `/plain?id=it&driver=${sqlite}`;

interface Exported {
  readonly resourceSpans: {
    readonly scopeSpans: {
      readonly spans: { name: string; attributes: { key: string; value: { stringValue?: string } }[] }[];
    }[];
  }[];
}

/** The text of that statement in a file of spans; undefined where its span has none. */
function textIn(path: string): string | undefined {
  const spans = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as Exported).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
    .filter(({ name }) => name === 'select items');
  expect(spans).toHaveLength(1);
  return spans[0]?.attributes.find(({ key }) => key === 'db.query.text')?.value.stringValue;
}

describeWith([kernel, go], 'the text of a statement', () => {
  const binary = () => buildGo(sqlBuilds[0] ?? { dir: '', name: '' });

  it.each(statementForms)(
    'is %s whichever thread makes the span',
    { timeout: 120_000 },
    async (dbStatement) => {
      for (const by of [collecting, byThread]) {
        const env = { DATA: await temporaryFolder() };
        const traced = await TracedServer.start(await binary(), { dbStatement }, by, env);
        await traced.server.get(plain);
        const [call] = await traced.matching(1, ({ name }) => name === 'select items');
        expect([by.name, call?.attributes['db.query.text']]).toEqual([by.name, told[dbStatement]]);
        expect((await traced.stop()).lost.total).toBe(0);
      }
    },
  );

  it('is what --db-statement says, of the command and of each replay', { timeout: 120_000 }, async () => {
    for (const form of statementForms) {
      const folder = await temporaryFolder();
      const [out, recording] = [join(folder, 'out.jsonl'), join(folder, 'a.rec')];
      const options = ['-o', recording, '--out', out, '--db-statement', form];
      const command = goidspan(['record', ...options, '--', await binary()], { DATA: folder });
      const server = await GoServer.of(command);
      await server.get(plain);
      await command.stop();
      expect(textIn(out)).toBe(told[form]);
      for (const again of statementForms) {
        const replaying = goidspan(['replay', recording, '--out', out, '--db-statement', again]);
        expect(await replaying.ended).toBe(0);
        expect(textIn(out)).toBe(told[again]);
      }
    }
  });
});
