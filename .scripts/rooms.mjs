/**
 * The direction of imports: data runs kernel → shim → decode → correlate → span → export, imports run the other way.
 * A file may import from its own room and from the rooms that its room lists here, and nothing else of `src/`; and no file
 * needs itself by way of others, for types neither.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { filesUnder } from './lib/fresh.mjs';
import { root } from './lib/process.mjs';

const wireward = ['errors', 'wire'];
const kernelward = [...wireward, 'binary', 'probes', 'process', 'kernel'];
const exportward = [...wireward, 'correlate', 'span', 'otlp', 'export', 'otlp-client'];
const attachward = [...kernelward, 'recording', 'attach'];
const stageward = [...wireward, 'correlate', 'span', 'verdict', 'export', 'recording', 'stage'];
const tracerward = [...attachward, ...exportward, 'stage', 'symbols', 'ingest', 'tracer'];

/** Room → rooms it may import from. A room is a folder of `src/` or a file directly in it. */
const mayImport = {
  errors: [],
  version: ['package.json'],
  installation: ['errors', 'version'],
  'worker-path': ['errors', 'installation'],
  wire: ['errors'],
  binary: [...wireward, 'installation'],
  probes: [...wireward, 'binary'],
  process: [...wireward, 'binary', 'probes'],
  kernel: [...kernelward, 'installation'],
  correlate: wireward,
  span: [...wireward, 'correlate'],
  verdict: [...wireward, 'correlate', 'span'],
  advice: [...wireward, 'correlate'],
  otlp: [...wireward, 'correlate', 'span'],
  profile: [...wireward, 'correlate', 'span', 'verdict', 'otlp'],
  export: [...wireward, 'correlate', 'span', 'otlp', 'version'],
  'otlp-client': [...exportward, 'version'],
  recording: [...wireward, 'correlate'],
  stage: stageward,
  symbols: [...wireward, 'binary', 'correlate', 'worker-path'],
  ingest: [...kernelward, ...exportward, 'recording', 'stage', 'worker-path'],
  attach: [...attachward, 'version', 'worker-path'],
  tracer: [...tracerward, 'version'],
  telemetry: [...exportward, 'attach', 'probes', 'page-api', 'stage', 'tracer', 'version'],
  doctor: kernelward,
  'page-api': [],
  store: [...exportward, 'page-api', 'worker-path'],
  receiver: [...exportward, 'page-api'],
  'trace-export': [...wireward, 'correlate', 'span', 'verdict', 'otlp', 'profile', 'page-api'],
  jaeger: [...exportward, 'page-api', 'store', 'receiver', 'version'],
  'page-server': [
    ...exportward,
    'verdict',
    'profile',
    'page-api',
    'receiver',
    'jaeger',
    'store',
    'trace-export',
    'installation',
    'version',
  ],
  ui: ['page-api', 'span'],
  cli: [
    ...tracerward,
    'verdict',
    'advice',
    'profile',
    'telemetry',
    'doctor',
    'page-api',
    'receiver',
    'store',
    'page-server',
    'version',
  ],
  plugin: [...tracerward, 'telemetry', 'page-api', 'page-server', 'store'],
  index: [...tracerward, 'plugin'],
};

/** Rooms without I/O, clock and environment. `binary` gets its bytes handed in; `stage` looks at the clock for its own time. */
const pure = [
  'errors',
  'version',
  'wire',
  'correlate',
  'span',
  'verdict',
  'advice',
  'otlp',
  'profile',
  'stage',
  'page-api',
  'trace-export',
];

/** Packages that belong to certain rooms only. */
const packageRooms = {
  koffi: ['kernel'],
  'iced-x86': ['binary'],
  'pprof-format': ['profile', 'ui'],
  preact: ['ui'],
  'preact/hooks': ['ui'],
  '@preact/signals': ['ui'],
};

const roomOf = (path) => path.replace(/^src\//, '').replace(/\/.*$|\.tsx?$/, '');

/** What is wrong with the imports of one file; empty when nothing is. `path` is relative to the checkout. */
export function roomFaults(path, text) {
  const room = roomOf(path);
  if (!(room in mayImport)) return [`${path}: no such room; rooms are ${Object.keys(mayImport).join(', ')}`];
  const faults = [];
  for (const { fileName: specifier } of ts.preProcessFile(text, true, true).importedFiles) {
    if (specifier.startsWith('.')) {
      const imported = roomOf(join(path, '..', specifier));
      if (imported !== room && !mayImport[room].includes(imported)) {
        faults.push(`${path}: ${room} must not import from ${imported} (${specifier})`);
      }
    } else if (specifier.startsWith('node:')) {
      if (pure.includes(room)) faults.push(`${path}: ${room} is pure and must not import ${specifier}`);
    } else {
      const rooms = packageRooms[specifier];
      if (rooms && !rooms.includes(room))
        faults.push(`${path}: only ${rooms.join(', ')} may import ${specifier}`);
    }
  }
  return faults;
}

/**
 * Each circle of imports once, as the files that it goes through. `imports`: of each file, the files that it imports, all
 * relative to the checkout.
 */
export function circlesOf(imports) {
  const circles = [];
  const done = new Set();
  const visit = (path, way) => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path]);
    if (way.includes(path) || done.has(path)) return;
    for (const imported of imports.get(path) ?? []) visit(imported, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return circles;
}

function importsOf(path, text) {
  const specifiers = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  return specifiers.filter((name) => name.startsWith('.')).map((name) => join(path, '..', name));
}

/** The faults of every file of `src/`. */
export function allRoomFaults() {
  const paths = filesUnder('src').filter((path) => /\.tsx?$/.test(path));
  const texts = new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
  const circles = circlesOf(new Map([...texts].map(([path, text]) => [path, importsOf(path, text)])));
  return [
    ...[...texts].flatMap(([path, text]) => roomFaults(path, text)),
    ...circles.map((circle) => `imports run in a circle: ${circle.join(' → ')}`),
  ];
}
