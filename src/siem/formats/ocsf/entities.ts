import { defined } from '../../../../events/codec/defined.ts';
import type { DomainEvent } from '../../../../events/catalogue.ts';
import type { EntrySubject } from '../facts.ts';
import type { AboutKind } from '../meanings.ts';

/** What OCSF calls the kinds of things that events are about. */
const entityTypes: Readonly<Record<AboutKind, { readonly id: number; readonly name: string }>> = {
  host: { id: 1, name: 'Device' },
  tenant: { id: 4, name: 'Organization' },
  policy: { id: 5, name: 'Policy' },
  segment: { id: 7, name: 'Network Zone' },
  external: { id: 7, name: 'Network Zone' },
  shard: { id: 7, name: 'Network Zone' },
  pair: { id: 99, name: 'Other' },
  scope: { id: 99, name: 'Other' },
  role: { id: 99, name: 'Other' },
  sink: { id: 99, name: 'Other' },
  state: { id: 99, name: 'Other' },
};

/** The name of a thing that is the same in every event about it, and in no other ledger. */
export function uidOf(ledgerId: string, { kind, name }: EntrySubject): string {
  return `${ledgerId}:${kind}/${name}`;
}

/** What an event is about as a managed entity, with the event as its content. */
export function managedEntity(
  event: DomainEvent,
  { about, ledgerId }: { about: EntrySubject; ledgerId: string },
): object {
  const { kind, name } = about;
  const uid = uidOf(ledgerId, about);
  const { id, name: type } = entityTypes[kind];
  const version = event.type === 'PolicyEnacted' ? event.data.digest : undefined;
  return {
    ...{ name, uid, type, type_id: id, ...defined({ version }), data: event.data },
    ...(kind === 'tenant' ? { org: { name, uid } } : {}),
    ...(kind === 'policy' ? { policy: { name, uid, ...defined({ version }) } } : {}),
    ...(kind === 'host' ? { device: device(name, uid) } : {}),
  };
}

/** A hypervisor. */
export function device(hostname: string, uid: string): object {
  return { hostname, uid, type_id: 1, type: 'Server' };
}
