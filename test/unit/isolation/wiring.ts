import type { Ports, Protocol } from '../../../events/names.ts';
import type {
  AclObject,
  BindingObject,
  HostObject,
  OverlayObject,
  QuarantineAcl,
} from '../../../events/overlay-objects.ts';
import { ShardIndex } from '../../../projections/isolation/objects/shard-index.ts';
import type { View } from '../../../projections/isolation/objects/view.ts';
import { idOf } from './documents.ts';

type NetworkObject = Extract<OverlayObject, { kind: 'network' }>;
type RouteObject = Extract<OverlayObject, { kind: 'route' }>;

/** Overlay objects, with the rest filled in. */
export function network(vni: number, segment: string): NetworkObject {
  return { kind: 'network', vni, segment };
}

/** A binding of `tenant/endpoint` on interface `vm-ENDPOINT`, or of an external on `ext-NAME`. */
export function binding(
  name: string,
  rest: { vni: number; host: string; ips: string[] } & Partial<BindingObject>,
): BindingObject {
  const [holder = '', endpoint] = name.split('/');
  const port = endpoint === undefined ? `ext-${holder}` : `vm-${endpoint}`;
  return { kind: 'binding', endpoint: name, interface: port, ...rest };
}

/** Both ways. */
export function routes(one: number, other: number): RouteObject[] {
  return [
    { kind: 'route', from: one, to: other },
    { kind: 'route', from: other, to: one },
  ];
}

export interface Grant {
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly ports?: Ports;
}

/** The acls of one grant, at both sides. */
export function acls(grant: Grant): AclObject[] {
  return (['egress', 'ingress'] as const).map((side) => ({
    kind: 'acl',
    id: idOf({ side, ...grant }),
    side,
    ...grant,
    action: 'allow',
    tier: 'grant',
  }));
}

/** What cuts a segment off: at both sides, in both directions; `wholly` from the own tenant's other segments too. */
export function cuts(segment: string, wholly: Pick<QuarantineAcl, 'wholly'> = {}): QuarantineAcl[] {
  return (['egress', 'ingress'] as const).flatMap((side) => [
    cut({ side, from: segment, to: '*', ...wholly }),
    cut({ side, from: '*', to: segment, ...wholly }),
  ]);
}

export function cut(at: Pick<QuarantineAcl, 'side' | 'from' | 'to' | 'wholly'>): QuarantineAcl {
  const shape = { kind: 'acl', ...at, protocol: 'any', action: 'deny', tier: 'quarantine' } as const;
  return { ...shape, id: idOf(shape) };
}

export function tunnel(name: string, tunnelIp: string): HostObject {
  return { kind: 'host', host: name, tunnelIp, tunnel: 'vxlan' };
}

/** The same objects with some changed, left out (undefined) or added to. */
export function altered(
  objects: readonly OverlayObject[],
  change: (object: OverlayObject) => OverlayObject | readonly OverlayObject[] | undefined,
): OverlayObject[] {
  return objects.flatMap((object) => change(object) ?? []);
}

/** These objects as the set of a plan, to judge packets by it. */
export function viewOf(objects: readonly OverlayObject[]): View {
  const index = new ShardIndex();
  index.take(1, { put: objects, removed: [] });
  return index.viewAt(1);
}
