import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { pairKey } from '../pair.ts';
import { aclKey, type ObjectTables } from './tables.ts';
import type { VersionedIndex } from './versions.ts';

const sides = ['egress', 'ingress'] as const;
const everyone = '*';

/** The networks that packets leave, and those of the ports that they are on their way to. */
interface WayOfPackets {
  readonly vnis: ReadonlySet<number>;
  readonly targets: ReadonlySet<number>;
}

/**
 * The objects of a set that may have to do with packets under some VNIs, in order: what bears the names of networks that they find,
 * and, of packets of externals, who has their source addresses as the targets see it. No others.
 */
export function objectsAbout(
  tables: ObjectTables,
  { vnis, targets }: WayOfPackets,
  plan: number,
): OverlayObject[] {
  const found = new Map<OverlayObject, number>();
  const take = <Key, Item extends OverlayObject>(
    table: VersionedIndex<Key, OverlayObject, Item>,
    key: Key,
  ): Item[] =>
    table.placedAt(key, plan).map(({ item, order }) => {
      found.set(item, order);
      return item;
    });
  const hosts = new Set<string>();
  for (const vni of vnis) {
    const networks = new Set([vni, ...take(tables.routesFrom, vni).map(({ to }) => to)]);
    const sources = take(tables.byVni, vni).map(({ segment }) => segment);
    for (const network of networks) {
      for (const { host } of take(tables.bindings, network)) hosts.add(host);
      const targets = take(tables.byVni, network).map(({ segment }) => segment);
      for (const side of sides) {
        for (const from of sources)
          for (const to of targets) take(tables.grants[side], pairKey({ from, to }));
        if (tables.denies.isEmpty) continue;
        for (const from of [...sources, everyone])
          for (const to of [...targets, everyone]) take(tables.denies, aclKey(side, { from, to }));
      }
    }
  }
  for (const host of hosts) take(tables.hosts, host);
  if ([...vnis].some((vni) => tables.externals.at(vni, plan).length > 0))
    for (const target of targets)
      for (const vni of [target, ...take(tables.routesFrom, target).map(({ to }) => to)])
        take(tables.bindings, vni);
  return [...found].sort(([, a], [, b]) => a - b).map(([object]) => object);
}
