/** What recurs in the records of each family, by its number. */
import { familyNames } from '../wire/wire.gen.ts';
import { bodyReaders } from './body-readers.ts';
import { type KeyParts, recurringBut } from './recurring-key.ts';

export const recurringParts: Readonly<Record<number, KeyParts>> = Object.fromEntries(
  Object.entries(familyNames).map(([number, family]) => [
    number,
    recurringBut(Number(number), bodyReaders[family].varying),
  ]),
);
