import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Authority } from './certificates.ts';
import type { Workplace } from './command-line.ts';
import { freePort, NatsServer } from './nats-server.ts';

const infra = new URL('../../infra/nats/', import.meta.url);
export const passwords = {
  ISOLEDGER: 'of-isoledger',
  SIEM: 'of-siem',
  TENANT: 'of-globex',
  ADMIN: 'of-admin',
};

interface Shipped extends AsyncDisposable {
  readonly server: NatsServer;
  readonly address: string;
  readonly ca: string;
  /** The folder of what it stores. */
  readonly store: string;
}

/** The server of infra/nats as its page says it is made. */
export async function asShipped(
  place: Workplace,
  { ledgerId, to = 'IP:127.0.0.1' }: { ledgerId: string; to?: string },
): Promise<Shipped> {
  const at = (name: string): string => join(place.folder, name);
  const { privateKey, certificate, caCertificate } = new Authority(place.folder, 'town').sign('server', to);
  const address = `127.0.0.1:${String(await freePort())}`;
  const filled = (name: string): string =>
    readFileSync(new URL(name, infra), 'utf8')
      .replaceAll('LEDGER_ID', ledgerId)
      .replaceAll(/\bTENANT\b|(?<=_INBOX_)TENANT/g, 'globex')
      .replace('0.0.0.0:4222', address)
      .replace('/etc/nats/server.pem', certificate)
      .replace('/etc/nats/server.key', privateKey)
      .replace('/etc/nats/ca.pem', caCertificate)
      .replace('/var/lib/nats', at('store'));
  for (const name of ['server.conf', 'accounts.conf']) writeFileSync(at(name), filled(name));
  const environment = Object.fromEntries(
    Object.entries(passwords).map(([who, password]) => [`${who}_NATS_PASSWORD`, password]),
  );
  const server = new NatsServer(address, at('server.conf'), environment);
  await server.start();
  const dispose = (): Promise<void> => server.kill();
  return { server, address, ca: caCertificate, store: at('store'), [Symbol.asyncDispose]: dispose };
}
