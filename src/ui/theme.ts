/** Light or dark: as the system says, until the reader says otherwise; the browser remembers it. */
import { signal } from '@preact/signals';

const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];
const KEY = 'goidspan.theme';

function remembered(): Theme {
  try {
    const told = localStorage.getItem(KEY);
    return themes.find((theme) => theme === told) ?? 'system';
  } catch {
    return 'system';
  }
}

export const theme = signal<Theme>(remembered());
/** Counts changes of what is seen, for pictures that are drawn and not styled. */
export const themeChanges = signal(0);

function apply(): void {
  document.documentElement.dataset['theme'] = theme.value;
  themeChanges.value++;
}

export function startTheme(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
  apply();
}

/** System, light, dark, and from the beginning. */
export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] as Theme;
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // It is forgotten with the page.
  }
  apply();
}

/** What a property of the style sheet is at the moment, as a colour that a canvas takes. */
export function colourOf(property: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
