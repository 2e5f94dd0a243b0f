import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  connect,
  credsAuthenticator,
  nkeyAuthenticator,
  type Authenticator,
  type ConnectionOptions,
  type NatsConnection,
} from 'nats';
import { BadConfig } from './config.ts';
import { Fault } from './errors.ts';

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
 * NatsUnreachable, BadConfig.
 */
export async function connectNats(access: NatsAccess, name: string): Promise<NatsConnection> {
  const options: ConnectionOptions = {
    ...{ servers: [...access.servers], name, timeout: requestMs },
    ...{ ...alive, maxReconnectAttempts: -1, reconnectTimeWait: 200 },
    ...credentialsOf(access),
    ...tlsOf(access),
  };
  try {
    return await connect(options);
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
  return 'code' in error && String(error.code) !== error.message
    ? `${String(error.code)}: ${error.message}`
    : error.message;
}

function tlsOf({ servers, ca, certificate, privateKey }: NatsAccess): Pick<ConnectionOptions, 'tls'> {
  if (ca === undefined) return {};
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
  if (credentialsFile !== undefined) authenticator.push(credsAuthenticator(readFileAt(credentialsFile)));
  if (nkeyFile !== undefined) authenticator.push(nkeyAuthenticator(readFileAt(nkeyFile)));
  return {
    ...(user === undefined ? {} : { user }),
    ...(passwordFile === undefined ? {} : { pass: secretAt(passwordFile) }),
    ...(tokenFile === undefined ? {} : { token: secretAt(tokenFile) }),
    ...(authenticator.length === 0 ? {} : { authenticator }),
  };
}

function secretAt(path: string): string {
  return new TextDecoder().decode(readFileAt(path)).trim();
}

function readFileAt(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new BadConfig(`${path}, which NATS is to be shown the content of, cannot be read`, { cause });
  }
}
