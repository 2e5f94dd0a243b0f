import { lookup } from 'node:dns/promises';
import { connect as connectTcp, createServer, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import type { Clock } from '../runtime/clock.ts';
import { UnusableKey } from '../runtime/config.ts';
import { categoryOf, Fault } from '../runtime/errors.ts';
import { readGivenFile } from '../runtime/given-file.ts';
import { requireTlsFiles } from '../runtime/tls-files.ts';
import { reasonOf } from '../runtime/system-reason.ts';
import { SinkUnavailable } from '../siem/sinks/faults.ts';
import { tlsOptions } from '../siem/sinks/given-files.ts';
import type { SinkSettings } from '../siem/sinks/settings.ts';
import { untilLate } from '../siem/sinks/until-late.ts';
import type { HttpSection } from '../tasks/http-section.ts';
import { requireSinkPlace } from '../tasks/sink-places.ts';

/** What a service could not use of its configuration as things are. */
export interface ServiceTrouble {
  /** The key, or the part of the configuration. */
  readonly at: string;
  /** The same from the root of the file on. */
  readonly key: readonly string[];
  /** `wrong`: the configuration is to be changed; `unreached`: what it names may answer later. */
  readonly kind: 'wrong' | 'unreached';
  readonly message: string;
}

/** How long an address has to answer, in milliseconds. */
const withinMs = 5_000;

/** The trouble that some work comes to by throwing a Fault. */
export async function troubleOf(at: string, work: () => void | Promise<void>): Promise<ServiceTrouble[]> {
  try {
    await work();
    return [];
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    const kind = categoryOf(fault) === 'unreachable' ? 'unreached' : 'wrong';
    if (fault instanceof UnusableKey)
      return [{ at: fault.key.join('.'), key: fault.key, kind, message: fault.problem }];
    return [{ at, key: at.split('.'), kind, message: fault.message }];
  }
}

/** Looks whether a sink could be delivered to, and delivers nothing. Throws UnusableKey, SinkUnavailable. */
export async function trySink(sink: SinkSettings, clock: Clock): Promise<void> {
  if (sink.kind === 'file') {
    requireSinkPlace(sink);
    return;
  }
  requireFiles(sink);
  const { host, port, isTls } = endOf(sink);
  const signal = new AbortController().signal;
  try {
    if (sink.kind === 'syslog' && sink.transport === 'udp') await lookup(host);
    else
      await untilLate({ clock, withinMs, signal }, (late) => {
        const socket = isTls
          ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...tlsOptions(sink) })
          : connectTcp({ host, port });
        return connected(socket, { event: isTls ? 'secureConnect' : 'connect', late });
      });
  } catch (cause) {
    const words = cause instanceof SinkUnavailable ? cause.message : reasonOf(cause);
    throw new SinkUnavailable(`${host}:${String(port)} cannot be reached: ${words}`, { cause });
  }
}

async function connected(
  socket: Socket,
  { event, late }: { readonly event: string; readonly late: AbortSignal },
): Promise<void> {
  try {
    await once(socket, event, { signal: late });
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

type AddressedSink = Exclude<SinkSettings, { kind: 'file' }>;

function endOf(sink: AddressedSink): { host: string; port: number; isTls: boolean } {
  if (sink.kind === 'syslog') return { host: sink.host, port: sink.port, isTls: sink.transport === 'tls' };
  const { hostname, port, protocol } = new URL(sink.url);
  const isTls = protocol === 'https:';
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (isTls ? 443 : 80), isTls };
}

const fileKeys: readonly string[] = [...['secretFile', 'tokenFile', 'apiKeyFile', 'passwordFile']];

function requireFiles(sink: AddressedSink): void {
  requireTlsFiles(sink, (key) => ['sinks', sink.name, key]);
  for (const [key, path] of Object.entries(sink)) {
    if (!fileKeys.includes(key) || typeof path !== 'string') continue;
    const given = readGivenFile(path);
    if ('problem' in given) throw new UnusableKey(['sinks', sink.name, key], `${path}: ${given.problem}`);
  }
}

/** Listens at an address for a moment. Throws AddressInUse. */
export async function tryListening({ host, port }: Pick<HttpSection, 'host' | 'port'>): Promise<void> {
  const server = createServer();
  const listening = once(server, 'listening');
  server.listen({ host, port });
  try {
    await listening;
  } catch (cause) {
    throw new AddressInUse(`${host}:${String(port)} cannot be listened at: ${wordsOf(cause)}`, { cause });
  } finally {
    server.close();
  }
}

/** The address cannot be listened at now. */
class AddressInUse extends Fault {
  readonly code = 'AddressInUse';
  readonly category = 'unreachable';
}

function wordsOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'EADDRINUSE'
    ? 'a process listens there already; it may be this service itself'
    : reasonOf(cause);
}
