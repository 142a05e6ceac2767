/**
 * SQL as text: where its literals are, and in short what it does to which tables. Knows as much of SQL as that takes, never
 * throws, and takes what it does not understand for a literal rather than let one pass. Pure.
 */
import type { SqlSystem } from '../correlate/db-call.ts';

/** A piece of a statement. */
interface Token {
  readonly kind: 'word' | 'name' | 'literal' | 'comment' | 'space' | 'other';
  readonly text: string;
}

const space = /\s+/y;
const lineComment = /--[^\n]*/y;
/** In MySQL two dashes without a space are twice a minus. */
const spacedLineComment = /--(?=\s|$)[^\n]*/y;
const hashComment = /#[^\n]*/y;
/** Not nested: what a server with nested comments takes for more of one is read as code, whose literals are replaced. */
const blockComment = /\/\*[\s\S]*?(?:\*\/|$)/y;
/** A quote that nothing closes, as where the text was cut, lasts to the end. */
const string = /'(?:[^']|'')*(?:'|$)/y;
const escapedString = /'(?:[^'\\]|''|\\[\s\S])*(?:'|\\?$)/y;
const doubleQuotedString = /"(?:[^"\\]|""|\\[\s\S])*(?:"|\\?$)/y;
const prefixedString = /(?:[nbx]|u&)'(?:[^']|'')*(?:'|$)/iy;
const escapePrefixedString = /e'(?:[^'\\]|''|\\[\s\S])*(?:'|\\?$)/iy;
const dollarString = /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?(?:\$\1\$|$)/y;
const quotedName = /"(?:[^"]|"")*(?:"|$)/y;
const backtickedName = /`(?:[^`]|``)*(?:`|$)/y;
const bracketedName = /\[[^\]]*(?:\]|$)/y;
const number = /(?:0x[\da-f]+|0b[01]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?)/iy;
const parameter = /(?:\$\d+|\?\d*|[:@][A-Za-z_]\w*)/y;
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;

type Rule = readonly [RegExp, Token['kind']];

const common: readonly Rule[] = [
  [space, 'space'],
  [blockComment, 'comment'],
];
const rest: readonly Rule[] = [
  [parameter, 'other'],
  [number, 'literal'],
  [word, 'word'],
];
const standard: readonly Rule[] = [
  ...common,
  [lineComment, 'comment'],
  [prefixedString, 'literal'],
  [string, 'literal'],
  [quotedName, 'name'],
];
const rulesBySystem: Readonly<Record<SqlSystem, readonly Rule[]>> = {
  postgresql: [...common, [escapePrefixedString, 'literal'], ...standard, [dollarString, 'literal'], ...rest],
  mysql: [
    ...common,
    [spacedLineComment, 'comment'],
    [hashComment, 'comment'],
    [/(?:n|b|x|_\w+)'(?:[^'\\]|''|\\[\s\S])*(?:'|\\?$)/iy, 'literal'],
    [escapedString, 'literal'],
    [doubleQuotedString, 'literal'],
    [backtickedName, 'name'],
    ...rest,
  ],
  sqlite: [...standard, [backtickedName, 'name'], [bracketedName, 'name'], ...rest],
  other: [...standard, [backtickedName, 'name'], ...rest],
};

function tokensOf(text: string, system: SqlSystem): Token[] {
  const rules = rulesBySystem[system];
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    let token: Token = { kind: 'other', text: text.charAt(at) };
    for (const [pattern, kind] of rules) {
      pattern.lastIndex = at;
      const found = pattern.exec(text)?.[0];
      if (found === undefined || found === '') continue;
      token = { kind, text: found };
      break;
    }
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

/** What there is to be said of a statement. */
export interface SqlText {
  /** Its literals replaced by `?`. */
  readonly sanitized: string;
  /** Operations and tables in their order, `SELECT orders items`; empty if there is none that is known. */
  readonly summary: string;
  /** The one operation; undefined if there are several. */
  readonly operation?: string;
  /** The one table; undefined if there are several. */
  readonly collection?: string;
}

const SUMMARY_MAX = 255;
const KNOWN_MAX = 1_024;
const known = new Map<string, SqlText>();

/** Reads a statement; the same few come again and again. */
export function sqlText(text: string, system: SqlSystem): SqlText {
  const key = `${system} ${text}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= KNOWN_MAX) known.clear();
  const tokens = tokensOf(text, system);
  const said = { sanitized: sanitize(tokens), ...summarize(tokens) };
  known.set(key, said);
  return said;
}

function sanitize(tokens: readonly Token[]): string {
  return tokens.map(({ kind, text }) => (kind === 'literal' ? '?' : text)).join('');
}

/** Words that begin an operation wherever they stand. */
const operations = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'REPLACE', 'CALL']);
/** Words that begin one only at the beginning of a statement. */
const firstOperations = new Set(
  (
    'CREATE ALTER DROP TRUNCATE EXEC EXECUTE BEGIN START COMMIT ROLLBACK SAVEPOINT RELEASE SET SHOW EXPLAIN ANALYZE VACUUM ' +
    'PRAGMA LOCK COPY PREPARE DEALLOCATE GRANT REVOKE VALUES LISTEN NOTIFY UNLISTEN KILL USE DESCRIBE REFRESH WITH'
  ).split(' '),
);
/** What follows them is part of the operation's name. */
const objects = new Set('TABLE INDEX VIEW DATABASE SCHEMA SEQUENCE TRIGGER FUNCTION PROCEDURE'.split(' '));
/** A table follows. */
const tableComes = new Set(['FROM', 'INTO', 'UPDATE', 'JOIN', 'TABLE', 'CALL', 'USING']);
/** May stand between. */
const fillers = new Set('ONLY LOW_PRIORITY IGNORE IF NOT EXISTS LATERAL'.split(' '));
/** End a list of tables. */
const clauses = new Set(
  (
    'WHERE SET VALUES ON GROUP ORDER LIMIT HAVING UNION EXCEPT INTERSECT RETURNING SELECT LEFT RIGHT INNER OUTER FULL CROSS ' +
    'NATURAL JOIN AS FOR OFFSET WINDOW DEFAULT USING'
  ).split(' '),
);

function summarize(all: readonly Token[]): Omit<SqlText, 'sanitized'> {
  const tokens = all.filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  const parts: string[] = [];
  const found: string[] = [];
  const tables: string[] = [];
  const temporary = new Set<string>();
  let isFirst = true;
  let expectsTable = false;
  let inTables = false;
  for (let i = 0; i < tokens.length; i++) {
    const { kind, text } = tokens[i] as Token;
    const upper = kind === 'word' ? text.toUpperCase() : '';
    const wasFirst = isFirst;
    isFirst = text === ';';
    if (upper === 'AS' && tokens[i + 1]?.text === '(' && kind === 'word') {
      // `name AS (…)`, `name (columns) AS (…)`: no table of the database.
      const name = nameBefore(tokens, i);
      if (name !== undefined) temporary.add(name);
    }
    if (
      expectsTable &&
      (kind === 'name' || (kind === 'word' && !fillers.has(upper) && !clauses.has(upper)))
    ) {
      const { name, next } = qualifiedName(tokens, i);
      // A function that gives rows is no table.
      const isFunction = tokens[next]?.text === '(' && found.at(-1)?.toUpperCase() === 'SELECT';
      if (!isFunction && !temporary.has(name)) {
        parts.push(name);
        tables.push(name);
      }
      expectsTable = false;
      inTables = true;
      i = next - 1;
      continue;
    }
    if (inTables && text === ',') {
      expectsTable = found.at(-1)?.toUpperCase() === 'SELECT';
      continue;
    }
    if (kind !== 'word') {
      if (text === '(' || text === ')') {
        expectsTable = false;
        inTables = false;
      }
      continue;
    }
    if (isOperation(tokens, i, upper, wasFirst)) {
      const object = objectOf(tokens, i, upper);
      if (upper !== 'WITH') {
        const name = object === undefined ? text : `${text} ${object.text}`;
        parts.push(name);
        found.push(name);
      }
      if (object !== undefined) i = object.index;
      expectsTable = object !== undefined || tableComes.has(upper) || upper === 'TRUNCATE';
      inTables = false;
      continue;
    }
    if (tableComes.has(upper)) {
      // `DELETE … USING`, but `JOIN … USING (column)`.
      expectsTable = upper !== 'USING' || found.at(-1)?.toUpperCase() === 'DELETE';
      inTables = false;
    } else if (clauses.has(upper)) {
      inTables = upper === 'AS' && inTables;
    }
  }
  if (found.length === 0) return { summary: '' };
  const [operation, ...others] = found;
  const distinct = new Set(tables);
  const [collection] = tables;
  return {
    summary: joined(parts),
    ...(operation !== undefined && others.length === 0 && { operation }),
    ...(collection !== undefined && distinct.size === 1 && { collection }),
  };
}

function isOperation(tokens: readonly Token[], i: number, upper: string, isFirst: boolean): boolean {
  if (isFirst) return operations.has(upper) || firstOperations.has(upper);
  if (!operations.has(upper)) return false;
  const before = tokens[i - 1]?.text.toUpperCase() ?? '';
  const after = tokens[i + 1]?.text;
  // `FOR UPDATE`, `ON DELETE CASCADE`, `DO UPDATE SET`, the function REPLACE(…), a column of that name.
  return !/^(?:FOR|ON|DO|NO|KEY|\.|,|=)$/.test(before) && (upper === 'SELECT' || after !== '(');
}

function objectOf(
  tokens: readonly Token[],
  i: number,
  upper: string,
): { text: string; index: number } | undefined {
  if (!/^(?:CREATE|ALTER|DROP|TRUNCATE)$/.test(upper)) return undefined;
  for (let at = i + 1; at <= i + 4; at++) {
    const token = tokens[at];
    if (token?.kind !== 'word') return undefined;
    if (objects.has(token.text.toUpperCase())) return { text: token.text, index: at };
  }
  return undefined;
}

/** A name with its parts before dots. */
function qualifiedName(tokens: readonly Token[], from: number): { name: string; next: number } {
  let name = tokens[from]?.text ?? '';
  let next = from + 1;
  while (tokens[next]?.text === '.' && /^(?:word|name)$/.test(tokens[next + 1]?.kind ?? '')) {
    name += `.${tokens[next + 1]?.text}`;
    next += 2;
  }
  return { name, next };
}

/** The name before `AS (`, over a list of columns. */
function nameBefore(tokens: readonly Token[], as: number): string | undefined {
  let at = as - 1;
  if (tokens[at]?.text === ')') while (at > 0 && tokens[at]?.text !== '(') at--;
  if (tokens[at]?.text === '(') at--;
  const token = tokens[at];
  return token?.kind === 'word' || token?.kind === 'name' ? token.text : undefined;
}

/** Whole words, as many as fit. */
function joined(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) {
    const longer = text === '' ? part : `${text} ${part}`;
    if (longer.length > SUMMARY_MAX) break;
    text = longer;
  }
  return text;
}
