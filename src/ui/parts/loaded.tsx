/** An answer that is there, on its way, or an error: the same everywhere. */
import type { ComponentChildren } from 'preact';
import type { Answer } from '../data/api.ts';

export function Loaded<T>({
  answer,
  isPage = false,
  children,
}: {
  answer: Answer<T>;
  /** Nothing else is on the page, its heading neither. */
  isPage?: boolean;
  children: (value: T) => ComponentChildren;
}) {
  if (answer.error !== undefined) {
    return (
      <>
        {isPage && <h1>This cannot be shown</h1>}
        <p class="note error" role="alert">
          {answer.error}
        </p>
      </>
    );
  }
  if (answer.value === undefined) return answer.isLoading ? <p class="note">Loading …</p> : null;
  return <div class={answer.isLoading ? 'is-stale' : undefined}>{children(answer.value)}</div>;
}
