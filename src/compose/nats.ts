import type { NatsConnection } from 'nats';
import manifest from '../../package.json' with { type: 'json' };
import type { Roles } from '../roles/port.ts';
import { systemClock } from '../runtime/clock.ts';
import { connectNats } from '../runtime/nats-connection.ts';
import type { NatsSettings } from '../siem/nats-settings.ts';
import { formatNamed } from '../siem/formats/named.ts';
import type { MirrorForm } from '../siem/mirror/message.ts';
import type { Mirror } from '../siem/mirror/port.ts';
import { streamMirror } from '../siem/nats/stream.ts';
import { rolesByLease } from './leased-roles.ts';

/** What NATS gives one ledger: a mirror that others read, and roles that are held among machines. */
export interface LedgerInNats extends AsyncDisposable {
  readonly mirror: Mirror;
  readonly form: MirrorForm;
  readonly roles: Roles;
  /** Says why no server lets this side in, if none does. Throws NatsUnreachable, BadConfig. */
  readonly reach: () => Promise<void>;
}

/** Nothing is connected before something is asked for. One connection serves all of it. */
export function ledgerInNats(ledgerId: string, settings: NatsSettings): LedgerInNats {
  const { access, replicas, leaseSeconds, maxAgeDays, format } = settings;
  const { connection, close } = oneConnection(() => connectNats(access, `isoledger ${ledgerId}`));
  const place = { connection, ledgerId, replicas };
  return {
    mirror: streamMirror({ ...place, maxAgeDays, clock: systemClock }),
    form: { format: formatNamed(format), context: { ledgerId, version: manifest.version } },
    roles: rolesByLease({ ...place, ttlMs: leaseSeconds * 1_000 }),
    reach: async () => {
      await connection();
    },
    [Symbol.asyncDispose]: close,
  };
}

/** A connection that is made when it is first wanted, and again where that failed or it was closed. */
function oneConnection(connect: () => Promise<NatsConnection>): {
  connection: () => Promise<NatsConnection>;
  close: () => Promise<void>;
} {
  let made: Promise<NatsConnection> | undefined;
  const forget = (): undefined => (made = undefined);
  const connection = (): Promise<NatsConnection> => {
    made ??= connect().then((connected) => {
      void connected.closed().then(forget);
      return connected;
    });
    made.catch(forget);
    return made;
  };
  return {
    connection,
    close: async () => {
      await (await made?.catch(forget))?.close();
    },
  };
}
