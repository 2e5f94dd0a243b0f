import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './needs.ts';

export const openssl = command('openssl', 'openssl');

/** Paths of PEM files. */
export interface Certificates {
  readonly privateKey: string;
  readonly certificate: string;
  readonly caCertificate: string;
}

/** An authority in a folder, which signs certificates for tests. */
export class Authority {
  readonly #folder: string;
  readonly #name: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    const { privateKey, certificate } = this.#paths(name);
    run(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      privateKey,
      '-out',
      certificate,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    );
  }

  /** A key and a certificate that is made out to `to`: `IP:127.0.0.1`, `DNS:switch`. */
  sign(name: string, to: string): Certificates {
    const { privateKey, certificate } = this.#paths(`${this.#name}-${name}`);
    const ca = this.#paths(this.#name);
    const [request, extensions] = [`${certificate}.request`, `${certificate}.extensions`];
    writeFileSync(extensions, `subjectAltName=${to}\n`);
    run('req', ...newKey, '-keyout', privateKey, '-out', request, '-subj', `/CN=${name}`);
    run(
      ...['x509', '-req', '-in', request, '-CA', ca.certificate, '-CAkey', ca.privateKey, '-CAcreateserial'],
      ...['-out', certificate, '-days', '2', '-extfile', extensions],
    );
    return { privateKey, certificate, caCertificate: ca.certificate };
  }

  #paths(name: string): { privateKey: string; certificate: string } {
    return { privateKey: join(this.#folder, `${name}.key`), certificate: join(this.#folder, `${name}.pem`) };
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function run(...args: string[]): void {
  execFileSync(openssl.path, args, { stdio: 'ignore' });
}
