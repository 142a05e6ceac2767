/** What the threads of a store and its owner say to each other. */

import type { MessagePort } from 'node:worker_threads';
import type { ErrorCode } from '../errors.ts';
import type { StoreResult } from '../page-api/span-store.ts';
import type { SegmentFile } from './folder.ts';
import type { HitsIn } from './hits-in.ts';
import type { Reader } from './reader.ts';
import type { SealOutcome, SegmentLimits, StoreLimits } from './writer.ts';

export interface StoreSettings {
  readonly folder: string;
  readonly limits: StoreLimits;
  /** False: spans are let go of when their segment is sealed, and only what is told of many of them is kept. */
  readonly keepsSpans: boolean;
  /** Default: those of the store. */
  readonly segmentLimits?: SegmentLimits | undefined;
}

/** What a thread is started with: each does one of three things, so that none waits for another. */
export type StoreThread =
  | ({ readonly role: 'write' } & StoreSettings)
  | ({ readonly role: 'read' } & StoreSettings)
  | { readonly role: 'seal'; readonly file: SegmentFile; readonly keepsSpans: boolean };

export type ReaderMethod = Exclude<keyof Reader, 'close' | 'release'>;

export type ToWriter =
  | { readonly kind: 'append'; readonly id: number; readonly request: Uint8Array }
  /** The requests that come over it are kept as well. */
  | { readonly kind: 'port'; readonly port: MessagePort }
  /** How many of the next spans are told; undefined: nothing is. */
  | { readonly kind: 'follow'; readonly room: number | undefined }
  | { readonly kind: 'close' };

export interface ToReader {
  readonly id: number;
  readonly method: ReaderMethod;
  readonly args: readonly unknown[];
}

/** An error on its way between threads, which keep no classes. */
export interface SentError {
  readonly code?: ErrorCode;
  readonly message: string;
}

export type FromWriter =
  | { readonly kind: 'open' }
  | { readonly kind: 'appended'; readonly results: readonly (readonly [id: number, result: StoreResult])[] }
  | { readonly kind: 'refused'; readonly ids: readonly number[]; readonly error: SentError }
  | { readonly kind: 'kept'; readonly kept: HitsIn }
  | { readonly kind: 'failed'; readonly error: SentError };

export type FromReader =
  | { readonly kind: 'open' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'refused'; readonly ids: readonly number[]; readonly error: SentError }
  | { readonly kind: 'failed'; readonly error: SentError };

export type FromSealer =
  | { readonly kind: 'opened' }
  | { readonly kind: 'done'; readonly outcome: SealOutcome };
