import type { Ledger } from '../../../src/ledger/port.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import type { LeaseStore } from '../../../src/roles/nats/lease-store.ts';
import type { ServeRole } from '../../../src/serve/role.ts';
import type { Mirror, MirrorMessage } from '../../../src/siem/mirror/port.ts';
import type { Forwarder } from '../../../src/siem/sinks/forwarder.ts';
import type { Sink } from '../../../src/siem/sinks/port.ts';
import type { Broker } from './broker.ts';

/** The parts of each server that are simulated upon. Tests put parts with a planted bug in their place, which must be found. */
export interface ServiceParts {
  readonly ledger: (ledger: Ledger) => Ledger;
  readonly driver: (hosts: OverlayDriver) => OverlayDriver;
  readonly leases: (store: LeaseStore) => LeaseStore;
  readonly mirror: (mirror: Mirror) => Mirror;
  /** How the broker takes a message. */
  readonly publish: (broker: Broker, message: MirrorMessage) => boolean;
  readonly sink: (sink: Sink, cursor: Forwarder['cursor']) => Sink;
  /** The roles beside the clock and the appliers. */
  readonly role: (role: ServeRole) => ServeRole;
}

export const soundServiceParts: ServiceParts = {
  ledger: (ledger) => ledger,
  driver: (hosts) => hosts,
  leases: (store) => store,
  mirror: (mirror) => mirror,
  publish: (broker, message) => broker.publish(message),
  sink: (sink) => sink,
  role: (role) => role,
};
