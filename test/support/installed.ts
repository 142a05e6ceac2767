/** The package as a user gets it: packed, and installed into empty projects with chosen Node releases. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { QUIET } from '../../.scripts/lib/nodes.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const INSTALL_MS = 180_000;

export interface Packed {
  readonly tarball: string;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly files: readonly string[];
}

/** What `npm pack` makes of the built checkout, in `folder`. */
export async function pack(folder: string): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: root });
  const [made] = JSON.parse(stdout) as [
    { filename: string; size: number; unpackedSize: number; files: { path: string }[] },
  ];
  return {
    tarball: join(folder, made.filename),
    packedBytes: made.size,
    unpackedBytes: made.unpackedSize,
    files: made.files.map((file) => file.path),
  };
}

/** An empty project with the package and others in it. */
export class Project {
  readonly folder: string;
  readonly node: string;

  private constructor(folder: string, node: string) {
    this.folder = folder;
    this.node = node;
  }

  /** npm decides by the Node that it runs on, so it runs on the project's. */
  static async create(node: string, packages: readonly string[]): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'goidspan-project-')), node);
    await project.write('package.json', '{ "name": "project", "private": true }');
    await run('npm', ['install', ...QUIET, ...packages], {
      cwd: project.folder,
      env: project.env,
      timeout: INSTALL_MS,
    });
    return project;
  }

  /** The environment of a user of that Node, without the `OTEL_*` of the tests' own. */
  get env(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('OTEL_'));
    return {
      ...Object.fromEntries(own),
      PATH: `${dirname(this.node)}${delimiter}${process.env['PATH'] ?? ''}`,
    };
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.folder, name), text);
  }

  /** Runs a Node program of the project to its end; stdout. Rejects when it fails. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const options = { cwd: this.folder, env: { ...this.env, ...env }, timeout: 60_000 };
    return (await run(this.node, args, options)).stdout;
  }

  /** Folders in which a package is installed. */
  async copiesOf(name: string): Promise<string[]> {
    const entries = await readdir(join(this.folder, 'node_modules'), { recursive: true });
    return entries.filter((path) => path === name || path.endsWith(`/node_modules/${name}`));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
