import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../../runtime/clock.ts';
import { OverlayUnavailable } from '../../faults.ts';
import type { OvsdbEndpoint } from './endpoint.ts';
import { reasonOfSocket } from './socket-reason.ts';

/** What TLS needs, each as PEM text or as the path of a file with it. */
export interface OvsdbCertificates {
  readonly privateKey: string;
  readonly certificate: string;
  /** Who has to have signed the server's certificate. Nobody else is believed. */
  readonly caCertificate: string;
  /** The name that the server's certificate has to be made out to, where that is not the endpoint's host. */
  readonly serverName?: string;
}

/** How to come to a server. */
export interface Dialing {
  /** Tried in turn. */
  readonly endpoints: readonly OvsdbEndpoint[];
  /** Needed for endpoints with TLS. */
  readonly certificates?: OvsdbCertificates;
  readonly clock: Clock;
  /** The longest time that a connection, TLS included, may take to come about, in milliseconds; 5,000 by default. */
  readonly connectMs?: number;
  /** Ends waiting for a connection. */
  readonly signal?: AbortSignal;
}

const connectMsDefault = 5000;

/** A connection to one endpoint. Throws OverlayUnavailable. */
export async function dial(endpoint: OvsdbEndpoint, dialing: Dialing): Promise<Socket> {
  const { clock, connectMs = connectMsDefault, signal } = dialing;
  const stop = new AbortController();
  let socket: Socket | undefined;
  try {
    socket = await open(endpoint, dialing);
    const isOpen = once(socket, endpoint.kind === 'ssl' ? 'secureConnect' : 'connect', {
      signal: stop.signal,
    }).then(() => true);
    const given = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
    const isLate = clock.sleep(connectMs, given).then(() => false);
    if (!(await Promise.race([isOpen, isLate])))
      throw new OverlayUnavailable(`${endpoint.text} does not answer within ${String(connectMs)} ms`);
    return socket;
  } catch (error) {
    socket?.on('error', () => undefined).destroy();
    if (error instanceof OverlayUnavailable) throw error;
    throw new OverlayUnavailable(`${endpoint.text} cannot be reached: ${reasonOfSocket(error)}`, error);
  } finally {
    stop.abort();
  }
}

async function open(endpoint: OvsdbEndpoint, { certificates }: Dialing): Promise<Socket> {
  switch (endpoint.kind) {
    case 'unix':
      return connectPlain({ path: endpoint.path });
    case 'ssl':
      return connectTls({
        host: endpoint.host,
        port: endpoint.port,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        ...(await secretsFor(endpoint, certificates)),
      });
  }
}

async function secretsFor(endpoint: OvsdbEndpoint, given: OvsdbCertificates | undefined) {
  if (given === undefined)
    throw new OverlayUnavailable(
      `${endpoint.text} needs a private key, a certificate and the certificate of its authority, and none are given`,
    );
  const { privateKey, certificate, caCertificate, serverName } = given;
  return {
    key: await pemOf(endpoint, 'private key', privateKey),
    cert: await pemOf(endpoint, 'certificate', certificate),
    ca: await pemOf(endpoint, 'certificate of the authority', caCertificate),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

/** No key is told, neither as a path nor in a cause: what was given may be one that lost its first line. */
async function pemOf(endpoint: OvsdbEndpoint, what: string, given: string): Promise<string> {
  if (given.includes('-----BEGIN ')) return given;
  try {
    return await readFile(given, 'utf8');
  } catch (error) {
    throw new OverlayUnavailable(`the ${what} for ${endpoint.text} cannot be read: ${reasonOfSocket(error)}`);
  }
}
