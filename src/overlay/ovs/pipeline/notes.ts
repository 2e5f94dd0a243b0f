import type { GrantAcl, QuarantineAcl } from '../../../../events/overlay-objects.ts';

/**
 * What flows say of the acls that they stand for, as bytes of a `note` action: a count, and for each acl its id (12 bytes).
 * A grant goes on with its protocol (a byte), the number of its port ranges (2 bytes, 0 for all ports) and each range (2
 * and 2 bytes); a quarantine with 1 if it is wholly, else 0. A switch reads none of it.
 */
export type NotedGrant = Pick<GrantAcl, 'id' | 'protocol' | 'ports'>;
export type NotedCut = Pick<QuarantineAcl, 'id' | 'wholly'>;

const protocolNumbers = { any: 0, icmp: 1, tcp: 6, udp: 17, sctp: 132 } as const;

/** A note's action for grants, in the order that they are given in. */
export function grantNote(grants: readonly NotedGrant[]): string {
  const bytes = grants.flatMap(({ id, protocol, ports }) => [
    ...Buffer.from(id, 'hex'),
    protocolNumbers[protocol],
    ...twoBytes(ports?.length ?? 0),
    ...(ports ?? []).flatMap(([first, last]) => [...twoBytes(first), ...twoBytes(last)]),
  ]);
  return noteAction([...twoBytes(grants.length), ...bytes]);
}

/** A note's action for quarantines. */
export function cutNote(cuts: readonly NotedCut[]): string {
  const bytes = cuts.flatMap(({ id, wholly }) => [...Buffer.from(id, 'hex'), wholly === true ? 1 : 0]);
  return noteAction([...twoBytes(cuts.length), ...bytes]);
}

function twoBytes(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}

/** A switch keeps 6 bytes of a note, or 8 more, or 8 more than that: the rest is zero. */
function noteAction(bytes: readonly number[]): string {
  const padding = (((6 - bytes.length) % 8) + 8) % 8;
  const hex = [...bytes, ...new Array<number>(padding).fill(0)].map((byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  return `note:${hex.join('.')}`;
}
