import { deniesPair, type OverlayObject } from '../../events/overlay-objects.ts';

/**
 * What a set lets open, one text each: `side endpoint endpoint protocol ports`, of two endpoints or externals that have a port, and
 * that nobody has cut off.
 */
export function openPairs(objects: readonly OverlayObject[]): Set<string> {
  const segments = new Map(
    objects.flatMap((object) => (object.kind === 'network' ? [[object.vni, object.segment] as const] : [])),
  );
  const members = new Map<string, string[]>();
  for (const object of objects) {
    const segment = object.kind === 'binding' ? segments.get(object.vni) : undefined;
    if (object.kind !== 'binding' || segment === undefined) continue;
    members.set(segment, [...(members.get(segment) ?? []), object.endpoint]);
  }
  const acls = objects.filter((object) => object.kind === 'acl');
  const cuts = acls.filter((acl) => acl.tier === 'quarantine');
  const grants = acls.filter((acl) => acl.tier === 'grant' && !cuts.some((cut) => deniesPair(cut, acl)));
  const open = grants.flatMap(({ side, from, to, protocol, ...rest }) => {
    const ports = 'ports' in rest ? JSON.stringify(rest.ports) : '*';
    return (members.get(from) ?? []).flatMap((source) =>
      (members.get(to) ?? []).map((target) => [side, source, target, protocol, ports].join(' ')),
    );
  });
  return new Set(open);
}
