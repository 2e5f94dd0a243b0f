import { holderOf } from '../../../events/names.ts';
import {
  keyOf,
  objectsByKey,
  type BindingObject,
  type OverlayObject,
} from '../../../events/overlay-objects.ts';
import { formerOf, type AppliedShard } from '../../../projections/applied/applied.ts';
import { PlannedSet } from '../../../projections/applied/planned-set.ts';
import type { Directory } from '../../../projections/directory/directory.ts';
import type { Intended } from '../../../projections/intended/intended.ts';
import {
  isEndOf,
  quarantinables,
  quarantineOnly,
  type Quarantinable,
} from '../../../projections/intended/quarantine.ts';
import { portsOf } from '../../../projections/intended/subject-ports.ts';
import { deltaAt, isEmpty, objectsAfter, type Delta } from '../../overlay/delta.ts';
import { cutsAmong } from '../../translate/objects.ts';
import { sortedByKey } from './sorted-by-key.ts';
import { withheldFromExternals } from './withheld.ts';

/** Who is in quarantine now, and whose each port is by the documents in force. */
export type Now = Pick<Intended, 'quarantine' | 'directory'>;

/** A past set of objects, with the quarantines of now: quarantine is above every grant, also above past ones. */
export function cutOff(objects: readonly OverlayObject[], now: Now): OverlayObject[] {
  const set = PlannedSet.ofObjects(objects);
  return [...objectsAfter(set.objects, lackingCuts(set, now)).values()];
}

/**
 * The quarantines of now that a set does not carry out yet: the acls that cut its networks off, and the bindings to be
 * taken away at ports of those in quarantine. A port that changed hands stays in the network of its former holder until
 * it is synced, and the acls of another network would not cut it. What is sent to its former holder until then is dropped.
 */
export function lackingCuts(set: PlannedSet, { quarantine, directory }: Now): Delta {
  const subjects = quarantinables(quarantine);
  const networks = new Set(subjects.flatMap(({ name }) => [...set.networksOf(holderOf(name))]));
  const cuts = objectsByKey(cutsAmong(networks, quarantine));
  const { put } = deltaAt(cuts.keys(), { before: set.objects, after: cuts });
  const foreign = subjects.flatMap((subject) => foreignBindings(set, { subject, directory }));
  const withheld = withheldFromExternals(set.objects.values(), foreign);
  return {
    put: sortedByKey([...put, ...withheld.put]),
    removed: [...new Set([...foreign.map(keyOf), ...withheld.removed])].sort(),
  };
}

/** The bindings by which ports of a subject are in networks that are none of its own. */
function foreignBindings(
  set: PlannedSet,
  { subject, directory }: { subject: Quarantinable; directory: Directory },
): BindingObject[] {
  const own = new Set(
    Iterator.from(set.networksOf(holderOf(subject.name)))
      .filter(({ segment }) => isEndOf(subject, segment))
      .map(({ vni }) => vni),
  );
  return portsOf(directory, subject).flatMap((port) =>
    [...set.bindingsAt(port)].filter(({ vni }) => !own.has(vni)),
  );
}

/**
 * True if the set that a shard's hosts were last told to hold cuts off every network in it of a tenant, segment or external,
 * and every port.
 */
export function isCutOff({ set }: AppliedShard, subject: Quarantinable, directory: Directory): boolean {
  return isEmpty(lackingCuts(set, { quarantine: quarantineOnly(subject), directory }));
}

/**
 * True if nothing that decides whether a tenant, segment or external is cut off was touched after a plan: a host that holds the
 * set of that plan cuts it off as one does that holds the last. False also where it is no longer known what was touched.
 */
export function isSameCutSince(
  shard: AppliedShard,
  plan: number,
  { subject, directory }: { subject: Quarantinable; directory: Directory },
): boolean {
  const touched = formerOf(shard, plan);
  if (touched === undefined) return false;
  const ports = portsOf(directory, subject);
  const holder = holderOf(subject.name);
  const decides = (object: OverlayObject | undefined): boolean => {
    switch (object?.kind) {
      case 'network':
        return holderOf(object.segment) === holder;
      case 'binding':
        return (
          holderOf(object.endpoint) === holder ||
          ports.some((port) => port.host === object.host && port.interface === object.interface)
        );
      case 'acl':
        return (
          object.tier === 'quarantine' && [object.from, object.to].some((end) => holderOf(end) === holder)
        );
      case 'route':
      case 'qos':
      case 'host':
      case undefined:
        return false;
    }
  };
  return !Array.from(touched).some(([key, before]) => decides(before) || decides(shard.objects.get(key)));
}
