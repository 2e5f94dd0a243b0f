import type { NatsAccess } from '../runtime/nats-connection.ts';
import type { FormatName } from './formats/named.ts';

/** What a configuration says of NATS. */
export interface NatsSettings {
  readonly access: NatsAccess;
  /** How many servers keep each message and each lease: 1, or 3 or 5 of a cluster. */
  readonly replicas: number;
  /** How long a role stays taken after its holder has ended without giving it back. */
  readonly leaseSeconds: number;
  /** How long messages are kept; left out: for ever. */
  readonly maxAgeDays?: number;
  /** How entries are written. */
  readonly format: FormatName;
}

export const natsDefaults = { replicas: 1, leaseSeconds: 20, format: 'cloudevents' } as const;
