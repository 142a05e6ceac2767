/** Starts the page. */
import { render } from 'preact';
import { App } from './app.tsx';
import { askForJaeger } from './data/jaeger.ts';
import { startTheme } from './theme.ts';
import './style/theme.css';
import './style/page.css';
import './style/data.css';
import './style/trace.css';
import './style/flame.css';

startTheme();
void askForJaeger();
const place = document.getElementById('app');
if (place) render(<App />, place);
