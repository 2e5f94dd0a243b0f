import { protocols, segmentOf, tenantOf } from '../../../events/names.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import { Names } from '../../../projections/isolation/authorised/consents.ts';
import type { Documents } from '../../../projections/isolation/documents/document-fold.ts';
import { trafficOf, type Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { nearestName } from '../../runtime/nearest.ts';
import { NotTraffic } from '../faults.ts';
import type { Folded } from '../fold.ts';
import { unknownEnd } from '../unknown-end.ts';

/** IP protocol numbers (IANA) of the protocols that rules name; ICMP for IPv6 is icmp too. */
const byNumber: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [58, 'icmp'],
  [132, 'sctp'],
]);

/**
 * Reads PROTO/PORT: `tcp/443`, `udp/5000-5010,6000`, `sctp` (all its ports), `icmp`, `any`, or the number of an IP
 * protocol. Throws NotTraffic.
 */
export function parseTraffic(text: string): Traffic {
  const [written = '', ports, ...more] = text.toLowerCase().split('/');
  const number = /^(0|[1-9]\d{0,2})$/.test(written) ? Number(written) : undefined;
  if (number !== undefined && number > 255) throw new NotTraffic(text, undefined);
  const word = number === undefined ? written : byNumber.get(number);
  if (more.length > 0 || (word === undefined && ports !== undefined)) throw new NotTraffic(text, undefined);
  // All the protocols without a name here are treated alike, by rules and by the overlay.
  if (word === undefined) return { ...trafficOf({ protocol: 'icmp' }), icmp: false, other: true };
  const protocol = protocols.find((known) => known === word);
  if (protocol === undefined) throw new NotTraffic(text, nearestName(word, protocols));
  if (ports === undefined) return trafficOf({ protocol });
  if (protocol === 'icmp' || protocol === 'any') throw new NotTraffic(text, protocol);
  const ranges = ports.split(',').map((range) => parseRange(text, range));
  return trafficOf({ protocol, ports: ranges });
}

function parseRange(text: string, range: string): [number, number] {
  const [, first, last = first] = /^(0|[1-9]\d{0,4})(?:-(0|[1-9]\d{0,4}))?$/.exec(range) ?? [];
  const [low, high] = [Number(first), Number(last)];
  if (first === undefined || Math.max(low, high) > 65_535) throw new NotTraffic(text, undefined);
  if (low > high) throw new NotTraffic(text, text.replace(range, `${String(high)}-${String(low)}`));
  return [low, high];
}

/** A name on the command line, and the ends that it stands for. */
export interface NamedEnds {
  readonly name: string;
  readonly kind: 'tenant' | 'segment' | 'external' | 'service';
  /** The segments, or the external. */
  readonly ends: readonly string[];
}

/**
 * Finds the ends that a tenant, `tenant/segment`, external or service stands for at that instant. Throws UnknownEnd,
 * and the errors of reading a ledger.
 */
export async function askedIn(
  name: string,
  ledger: LedgerReader,
  { state, moment }: Pick<Folded, 'state' | 'moment'>,
): Promise<NamedEnds> {
  const asked = askedEnd(name, state.documents);
  if (asked !== undefined) return asked;
  const during = { from: moment, to: moment };
  throw await unknownEnd(ledger, { name, known: knownNames(state.documents), during });
}

/** The ends that a name stands for by some documents; undefined for a name that nobody has. */
export function askedEnd(name: string, documents: Documents): NamedEnds | undefined {
  const segments = segmentsOf(documents, name);
  if (segments !== undefined) return { name, kind: 'tenant', ends: segments };
  if (documents.externals.has(name)) return { name, kind: 'external', ends: [name] };
  if (segmentsOf(documents, tenantOf(name) ?? '')?.includes(name) === true)
    return { name, kind: 'segment', ends: [name] };
  const offered = tenantOf(name) === undefined ? new Names(documents).resolve(name) : undefined;
  if (offered?.segment !== undefined)
    return { name, kind: 'service', ends: [segmentOf(offered.holder, offered.segment)] };
  return undefined;
}

function segmentsOf({ tenants }: Documents, tenant: string): string[] | undefined {
  return tenants.get(tenant)?.segments.map((segment) => segmentOf(tenant, segment));
}

function knownNames({ tenants, externals }: Documents): string[] {
  const ofTenants = [...tenants.values()].flatMap(({ tenant, segments, services }) => [
    tenant,
    ...segments.map((segment) => segmentOf(tenant, segment)),
    ...services.map((service) => service.name),
  ]);
  return [...ofTenants, ...externals.keys()];
}

/** Every pair of an end of `from` and an end of `to`. */
export function pairsOf(from: NamedEnds, to: NamedEnds): Pair[] {
  return from.ends.flatMap((source) => to.ends.map((target) => ({ from: source, to: target })));
}
