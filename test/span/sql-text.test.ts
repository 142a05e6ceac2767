import { describe, expect, it } from 'vitest';
import type { SqlSystem } from '../../src/correlate/db-call.ts';
import { sqlText } from '../../src/span/sql-text.ts';
import { fuzz } from '../support/fuzz.ts';

const sanitized = (text: string, system: SqlSystem = 'postgresql'): string => sqlText(text, system).sanitized;

describe('a statement without its literals', () => {
  it.each<[string, string, SqlSystem?]>([
    ["select 'a''b', 12, 1.5e-3, .5 from t2", 'select ?, ?, ?, ? from t2'],
    ['select $1, t.c1 from t where a = $2', 'select $1, t.c1 from t where a = $2'],
    ["select e'it\\'s', x'ff', U&'\\0041'", 'select ?, ?, ?'],
    ["select 'a\\', 'secret'", 'select ?, ?'],
    ['select $$secret$$, $a$ $$ secret $a$ from t', 'select ?, ? from t'],
    ["select 'cut here", 'select ?'],
    ['select "Name" from "T" /* of=7 */ -- 8', 'select "Name" from "T" /* of=7 */ -- 8'],
    ["select /* a /* b */ 'secret' */ 1", 'select /* a /* b */ ? */ ?'],
    ["select \"secret\", 'it\\'s', `a``b` # 5", 'select ?, ?, `a``b` # 5', 'mysql'],
    ["select 5--1, 'secret'", 'select ?--?, ?', 'mysql'],
    ["select [a b], 'x', ?1, :name from t", 'select [a b], ?, ?1, :name from t', 'sqlite'],
  ])('%s', (text, expected, system) => expect(sanitized(text, system)).toBe(expected));

  it('holds no literal of its own, whatever stands around it, and takes no time to speak of', () => {
    const outcomes = fuzz(2_000, (random) => {
      const noise = Array.from({ length: random.below(40) }, () =>
        random.pick([...'\'"`$-/*#\\ ea1;([']),
      ).join('');
      const { sanitized: text } = sqlText(
        `select 'secret' ${noise}`,
        random.pick(['postgresql', 'mysql', 'other']),
      );
      return text.includes('secret') ? 'leaked' : 'replaced';
    });
    expect([...outcomes.keys()]).toEqual(['replaced']);
  });
});

describe('a statement in short', () => {
  it.each<[string, string, string?, string?]>([
    ['select id from items where id < 4', 'select items', 'select', 'items'],
    ['SELECT * FROM c, a JOIN b ON a.x = b.x', 'SELECT c a b', 'SELECT'],
    ['insert into orders (a) values (1)', 'insert orders', 'insert', 'orders'],
    ['INSERT INTO a SELECT * FROM b', 'INSERT a SELECT b'],
    ['update only s.t set a = 1 where b in (select c from u)', 'update s.t select u'],
    ['delete from t where a = 1', 'delete t', 'delete', 't'],
    ['select a from t for update', 'select t', 'select', 't'],
    [
      'create table if not exists t (a int references u on delete cascade)',
      'create table t',
      'create table',
      't',
    ],
    ['drop table t', 'drop table t', 'drop table', 't'],
    ['with x as (select 1 from t) select * from x', 'select t select'],
    ['select now()', 'select', 'select'],
    ['selct 1 from t', ''],
    ['', ''],
  ])('%s', (text, summary, operation, collection) => {
    const { sanitized: _, ...said } = sqlText(text, 'postgresql');
    expect(said).toEqual({
      summary,
      ...(operation !== undefined && { operation }),
      ...(collection !== undefined && { collection }),
      // One table, however many operations.
      ...(summary === 'select t select' && { collection: 't' }),
    });
  });
});
