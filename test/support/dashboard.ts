/** The dashboard of `otel-config/grafana`, as far as tests look at it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Source {
  readonly type: string;
  readonly uid: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  /** None of a row. */
  readonly datasource?: Source;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: Source;
    readonly legendFormat: string;
  }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[];
  };
}

const path = new URL('../../otel-config/grafana/goidspan.json', import.meta.url);

export const dashboard = (): Dashboard => JSON.parse(readFileSync(fileURLToPath(path), 'utf8')) as Dashboard;

/** Its expressions, as Grafana asks them when everything is chosen. */
export function expressions(): { panel: string; expression: string }[] {
  return dashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      panel: title,
      expression: expr.replaceAll(/\$(service|route)\b/g, '.*').replaceAll('$__rate_interval', '1m'),
    })),
  );
}
