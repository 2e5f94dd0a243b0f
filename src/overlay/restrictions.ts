import { keyOf, type GrantAcl, type OverlayObject } from '../../events/overlay-objects.ts';
import type { Delta } from './delta.ts';

/**
 * The part of a delta that only takes away: quarantine acls that come, and grants that go or are narrowed. It can be
 * carried out before the rest, and never waits for it. An acl that is exchanged for a wider one stays with the rest:
 * removing the old acl first would cut connections that are allowed before and after.
 */
export function restrictionsIn(before: ReadonlyMap<string, OverlayObject>, delta: Delta): Delta {
  const pairs = new Map<string, PairChange>();
  for (const key of delta.removed) {
    const object = before.get(key);
    if (isGrant(object)) changeOf(pairs, object).removed.push(object);
  }
  for (const object of delta.put) if (isGrant(object)) changeOf(pairs, object).put.push(object);
  const narrowed = [...pairs.values()].filter(narrows);
  const removed = new Set(narrowed.flatMap((change) => change.removed.map(keyOf)));
  const put = new Set<OverlayObject>(narrowed.flatMap((change) => change.put));
  return {
    put: delta.put.filter((object) => put.has(object) || isQuarantine(object)),
    removed: delta.removed.filter((key) => removed.has(key)),
  };
}

/** The change of the grant acls of one side, from one end to another. */
interface PairChange {
  readonly removed: GrantAcl[];
  readonly put: GrantAcl[];
}

function isGrant(object: OverlayObject | undefined): object is GrantAcl {
  return object?.kind === 'acl' && object.tier === 'grant';
}

function isQuarantine(object: OverlayObject): boolean {
  return object.kind === 'acl' && object.tier === 'quarantine';
}

function changeOf(pairs: Map<string, PairChange>, { side, from, to }: GrantAcl): PairChange {
  const key = `${side} ${from} ${to}`;
  const known = pairs.get(key);
  if (known !== undefined) return known;
  const change = { removed: [], put: [] };
  pairs.set(key, change);
  return change;
}

/** True if the removed acls allow all that the new acls allow. */
function narrows({ removed, put }: PairChange): boolean {
  return put.every((acl) => (acl.ports ?? [undefined]).every((range) => removed.some(covers(acl, range))));
}

/** True if an acl allows a range of another acl's ports; undefined means all ports. */
function covers(acl: GrantAcl, range: readonly [number, number] | undefined): (other: GrantAcl) => boolean {
  return ({ protocol, ports }) => {
    if (protocol === 'any') return true;
    if (protocol !== acl.protocol) return false;
    if (ports === undefined) return true;
    return range !== undefined && ports.some(([first, last]) => first <= range[0] && range[1] <= last);
  };
}
