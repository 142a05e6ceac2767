/** Keys, and what the colours mean. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { TIME_USE_LABELS } from '../time-uses.ts';
import { Swatch } from './breakdown.tsx';

export const isHelpOpen = signal(false);

const keys: readonly (readonly [keys: string, meaning: string])[] = [
  ['1 … 6', 'the pages at the top'],
  ['/', 'search'],
  ['t', 'theme: as the system, light, dark'],
  ['w s', 'zoom in, zoom out in a picture of time'],
  ['a d', 'to the left, to the right'],
  ['f', 'fit all of it'],
  ['↑ ↓ Home End PgUp PgDn', 'rows of a trace'],
  ['← →', 'close and open a row'],
  ['Enter', 'the span of the row'],
  ['c', 'critical path of a trace, from row to row'],
  ['?', 'this'],
];

export function HelpDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = isHelpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="help-title"
      onClose={() => {
        isHelpOpen.value = false;
      }}
    >
      {isOpen && (
        <>
          <h2 id="help-title">Keys and colours</h2>
          <div class="help">
            <dl class="keys">
              {keys.map(([key, meaning]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
            <ul class="meanings">
              {Object.entries(TIME_USE_LABELS).map(([use, { label, meaning }]) => (
                <li key={use}>
                  <Swatch use={use} />
                  <b>{label}</b> <span class="faint">{meaning}</span>
                </li>
              ))}
            </ul>
          </div>
          <button type="button" class="accent" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </>
      )}
    </dialog>
  );
}
