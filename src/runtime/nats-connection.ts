import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  credsAuthenticator,
  nkeyAuthenticator,
  type Authenticator,
  type ConnectionOptions,
  type NatsConnection,
} from 'nats';
import { UnusableKey } from './config.ts';
import { Fault } from './errors.ts';
import { readGivenFile, readGivenText } from './given-file.ts';

import { connectByOwnSockets } from './nats-transport.ts';
import { requireTlsFiles } from './tls-files.ts';

/** How a NATS server is reached. Secrets are in files, whose paths are named here. */
export interface NatsAccess {
  /** `HOST:PORT` each, of one cluster. */
  readonly servers: readonly string[];
  readonly user?: string;
  readonly passwordFile?: string;
  readonly tokenFile?: string;
  /** A `.creds` file: a user's JWT and seed. */
  readonly credentialsFile?: string;
  readonly nkeyFile?: string;
  /** PEM files. With the authority's certificate the connection is by TLS; key and certificate are what this side shows. */
  readonly ca?: string;
  readonly certificate?: string;
  readonly privateKey?: string;
}

/** No server of the cluster answers, or none lets this side in. */
class NatsUnreachable extends Fault {
  readonly code = 'NatsUnreachable';
  readonly category = 'unreachable';
}

/** How long a single request may take. One that is repeated is told from the first by what it expects to find. */
export const requestMs = 3_000;

/**
 * A server that stands still leaves its connections open, and the client's own bound for that is minutes. A lease is gone by then, so
 * it is asked each second, and left for another one when two questions were not answered.
 */
const alive = { pingInterval: 1_000, maxPingOut: 2 } as const;

/**
 * A connection that finds its way back by itself for as long as it is not closed, to any server of the cluster. Throws
 * NatsUnreachable, UnusableKey.
 */
export async function connectNats(access: NatsAccess, name: string): Promise<NatsConnection> {
  const options: ConnectionOptions = {
    ...{ servers: [...access.servers], name, timeout: requestMs },
    ...{ ...alive, maxReconnectAttempts: -1, reconnectTimeWait: 200 },
    ...credentialsOf(access),
    ...tlsOf(access),
  };
  try {
    return await connectByOwnSockets(options);
  } catch (cause) {
    throw new NatsUnreachable(
      `no NATS server at ${access.servers.join(', ')} lets this side in (${natsReason(cause)}): see whether it runs, and what it is shown`,
      { cause },
    );
  }
}

/** Why a call of the client failed, in a word or two. */
export function natsReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && !error.message.includes(String(error.code))
    ? `${String(error.code)}: ${error.message}`
    : error.message;
}

function tlsOf(access: NatsAccess): Pick<ConnectionOptions, 'tls'> {
  const { servers, ca, certificate, privateKey } = access;
  if (ca === undefined) return {};
  // The client does not say which file it misses.
  requireTlsFiles(access, (which) => ['nats', which]);
  const own =
    certificate === undefined || privateKey === undefined
      ? {}
      : { certFile: certificate, keyFile: privateKey };
  // The client hands this on. By itself it asks for a certificate of localhost where a server is named by its address.
  const byAddress = { checkServerIdentity: identityOf(servers) };
  return { tls: { caFile: ca, ...own, ...byAddress } };
}

/** Takes a certificate for the name that was connected to, and one for any of the addresses that were given. */
function identityOf(
  servers: readonly string[],
): (host: string, certificate: PeerCertificate) => Error | undefined {
  const hosts = servers.map((server) => server.replace(/:\d+$/, '').replaceAll(/[[\]]/g, ''));
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  return (host, certificate) => {
    const faults = [host, ...addresses].map((name) => checkServerIdentity(name, certificate));
    return faults.includes(undefined) ? undefined : faults.at(-1);
  };
}

function credentialsOf(access: NatsAccess): ConnectionOptions {
  const { user, passwordFile, tokenFile, credentialsFile, nkeyFile } = access;
  const authenticator: Authenticator[] = [];
  if (credentialsFile !== undefined)
    authenticator.push(credsAuthenticator(readAt('credentialsFile', credentialsFile)));
  if (nkeyFile !== undefined) authenticator.push(nkeyAuthenticator(readAt('nkeyFile', nkeyFile)));
  return {
    ...(user === undefined ? {} : { user }),
    ...(passwordFile === undefined ? {} : { pass: secretAt('passwordFile', passwordFile) }),
    ...(tokenFile === undefined ? {} : { token: secretAt('tokenFile', tokenFile) }),
    ...(authenticator.length === 0 ? {} : { authenticator }),
  };
}

function secretAt(key: FileKey, path: string): string {
  const given = readGivenText(path);
  if ('text' in given) return given.text.trim();
  throw new UnusableKey(['nats', key], `${path} cannot be read: ${given.problem}`, { cause: given.cause });
}

type FileKey = Exclude<keyof NatsAccess, 'servers' | 'user'>;

function readAt(key: FileKey, path: string): Buffer {
  const given = readGivenFile(path);
  if ('bytes' in given) return given.bytes;
  throw new UnusableKey(['nats', key], `${path} cannot be read: ${given.problem}`, { cause: given.cause });
}
