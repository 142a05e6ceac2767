/** In which form the text of a statement to a database is told. */

/** With its literals replaced by `?` (the default), as the program has written it, or not at all. */
export type StatementForm = 'sanitized' | 'raw' | 'none';

export const statementForms: readonly StatementForm[] = ['sanitized', 'raw', 'none'];

export const isStatementForm = (value: unknown): value is StatementForm =>
  (statementForms as readonly unknown[]).includes(value);
