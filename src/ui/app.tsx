/** What is on every page: where to go, the time that is looked at, the theme, help; and the page itself. */
import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { jaeger } from './data/jaeger.ts';
import { GcPage } from './pages/gc.tsx';
import { GoroutinePage } from './pages/goroutine.tsx';
import { LivePage } from './pages/live.tsx';
import { LocksPage } from './pages/locks.tsx';
import { OperationPage } from './pages/operation.tsx';
import { SearchPage } from './pages/search.tsx';
import { ServicesPage } from './pages/services.tsx';
import { SpanPage } from './pages/span.tsx';
import { StatePage } from './pages/state.tsx';
import { TracePage } from './pages/trace.tsx';
import { HelpDialog, isHelpOpen } from './parts/help.tsx';
import { NotInJaeger } from './parts/in-jaeger.tsx';
import { TimeChoice } from './parts/time-choice.tsx';
import { isTyping } from './parts/typing.ts';
import { href, route } from './router.ts';
import { nextTheme, theme } from './theme.ts';

interface Page {
  readonly title: string;
  readonly Page: ComponentType;
  /** All that it is about, which a Jaeger that keeps the spans does not know. */
  readonly figures?: string;
}

const pages: Readonly<Record<string, Page>> = {
  '': { title: 'Routes', Page: ServicesPage },
  operation: {
    title: 'Route',
    Page: OperationPage,
    figures: 'Durations, percentiles and comparisons of a route',
  },
  search: { title: 'Search', Page: SearchPage },
  trace: { title: 'Trace', Page: TracePage },
  span: { title: 'Span', Page: SpanPage },
  goroutine: { title: 'Goroutine', Page: GoroutinePage },
  gc: { title: 'GC', Page: GcPage, figures: 'Cycles and stops of the garbage collector' },
  locks: { title: 'Locks and pools', Page: LocksPage, figures: 'Waits for locks and pools over many spans' },
  state: { title: 'Honesty', Page: StatePage },
  live: { title: 'Live', Page: LivePage, figures: 'Spans as they come' },
};
/** In the order of the keys 1 to 6. */
const places = ['', 'search', 'locks', 'gc', 'live', 'state'];

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === '?') isHelpOpen.value = true;
  else if (event.key === 't') nextTheme();
  else if (event.key === '/') {
    const field = document.querySelector<HTMLInputElement>('main input[type=search]');
    if (field) field.focus();
    else location.hash = href(['search']);
  } else {
    const place = places[Number(event.key) - 1];
    if (place === undefined) return;
    location.hash = href(place === '' ? [] : [place]);
  }
  event.preventDefault();
}

/** A page of figures: as soon as it is known whether there are any. */
function Figures({ title, what, Page }: { title: string; what: string; Page: ComponentType }) {
  if (jaeger.value && !jaeger.value.holdsSpans) return <Page />;
  return (
    <>
      <div class="head">
        <h1>{title}</h1>
      </div>
      {jaeger.value ? <NotInJaeger what={what} /> : <p class="note">Loading …</p>}
    </>
  );
}

function NotFound() {
  return (
    <>
      <h1>There is no such page</h1>
      <p>
        <a href="#/">To the routes</a>
      </p>
    </>
  );
}

export function App() {
  const { page, parts } = route.value;
  const known = Object.hasOwn(pages, page) ? pages[page] : undefined;
  const { title, Page, figures } = known ?? { title: 'Not found', Page: NotFound };
  const main = useRef<HTMLElement>(null);
  const where = [page, ...parts].join('/');
  const first = useRef(true);
  useEffect(() => {
    document.title = `${title} · goidspan`;
    scrollTo(0, 0);
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [where]);
  useEffect(() => {
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <header class="top">
        <button type="button" class="skip" onClick={() => main.current?.focus()}>
          To the page
        </button>
        <a class="brand" href="#/">
          goidspan
        </a>
        <nav aria-label="Pages">
          {places.map((place) => (
            <a
              key={place}
              href={href(place === '' ? [] : [place])}
              aria-current={place === page ? 'page' : undefined}
            >
              {pages[place]?.title}
            </a>
          ))}
        </nav>
        <TimeChoice />
        <button type="button" onClick={nextTheme} aria-label={`Theme: ${theme.value}`} title="Theme (t)">
          {{ system: '◐', light: '☀', dark: '☾' }[theme.value]}
        </button>
        <button
          type="button"
          onClick={() => {
            isHelpOpen.value = true;
          }}
          aria-label="Help"
          title="Help (?)"
        >
          ?
        </button>
      </header>
      <main ref={main} tabIndex={-1}>
        {figures !== undefined ? (
          <Figures key={where} title={title} what={figures} Page={Page} />
        ) : (
          <Page key={where} />
        )}
      </main>
      <HelpDialog />
    </>
  );
}
