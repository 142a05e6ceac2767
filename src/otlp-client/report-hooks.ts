/** What becomes of spans, told in the usual way: failures and losses as rate-limited messages, all else to `stats`. */
import type { ExportEvent } from '../export/export-event.ts';
import { FailureReporter } from '../export/failure-reporter.ts';
import { LossReporter } from '../export/loss-reporter.ts';
import type { OtlpSinkHooks } from './otlp-sink-settings.ts';

/** `destination` is named in each message. What `stats` throws is dropped. */
export function reportHooks(
  destination: string,
  report: (message: string) => void,
  stats: (event: ExportEvent) => void = () => {},
): OtlpSinkHooks {
  const failures = new FailureReporter(destination, report);
  const losses = new LossReporter(destination, report);
  return {
    onFailure: (failure) => failures.failed(failure),
    onEvent: (event) => {
      if (event.kind === 'lost') losses.lost(event.reason, event.spans);
      try {
        stats(event);
      } catch {
        // It belongs to the user, and the export goes on without it.
      }
    },
  };
}
