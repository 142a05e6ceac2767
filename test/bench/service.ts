/** The service that is loaded: `test/fixtures/load/target` on a core of its own. */
import type { Child } from '../support/child.ts';
import { start } from './cores.ts';

export class Service {
  readonly child: Child;
  /** `http://host:port` */
  readonly url: string;

  private constructor(child: Child, url: string) {
    this.child = child;
    this.url = url;
  }

  static async start(executable: string, env: Readonly<Record<string, string>> = {}): Promise<Service> {
    const child = start('service', executable, [], { env });
    const [, address] = await child.output(/^listening (\S+)$/m);
    return new Service(child, `http://${address}`);
  }

  get pid(): number {
    return this.child.pid;
  }

  async stop(): Promise<void> {
    await this.child.stop('SIGKILL');
  }
}
