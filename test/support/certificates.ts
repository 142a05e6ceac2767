/** A certificate authority for one test, and certificates by it; made by `openssl`, in PEM. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Requirement } from './capabilities.ts';

/** Can certificates be made? */
export const openssl: Requirement = () => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no openssl on the PATH';
  }
};

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Signs certificates until it is closed. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'goidspan-ca-'));
  readonly #ca: Certificate;

  constructor(name: string) {
    this.#ca = this.#make(name, ['-x509']);
    this.#write('ca.pem', this.#ca.cert);
    this.#write('ca.key', this.#ca.key);
  }

  get cert(): string {
    return this.#ca.cert;
  }

  /** `names` is what a server is called: `DNS:localhost`, `IP:127.0.0.1`. */
  sign(name: string, names: readonly string[]): Certificate {
    const extension = names.length > 0 ? ['-addext', `subjectAltName=${names.join(',')}`] : [];
    return this.#make(name, ['-x509', '-CA', 'ca.pem', '-CAkey', 'ca.key', ...extension]);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #make(name: string, more: readonly string[]): Certificate {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2', '-subj', `/CN=${name}`];
    execFileSync('openssl', ['req', ...key, ...files, ...more], { cwd: this.#folder, stdio: 'pipe' });
    return { cert: this.#read(`${name}.pem`), key: this.#read(`${name}.key`) };
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }

  #write(file: string, text: string): void {
    writeFileSync(join(this.#folder, file), text);
  }
}
