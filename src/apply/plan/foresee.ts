import { compareNaturally } from '../../runtime/natural-order.ts';
import { keyOf } from '../../../events/overlay-objects.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { gainedGrants } from '../../../projections/intended/changed-grants.ts';
import type { Grant } from '../../../projections/intended/grants.ts';
import type { Scope } from '../../../projections/intended/consents.ts';
import type { Intended } from '../../../projections/intended/intended.ts';
import { isCut, noQuarantine, quarantinedNames } from '../../../projections/intended/quarantine.ts';
import type { Decision } from '../../domain/decide.ts';
import type { DocumentChange } from '../../domain/record-documents.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import { outlookAfter } from './shard-outlook.ts';
import { timedChanges, type TimedChange } from './timed-changes.ts';

/** What would change if a decision were recorded: from the tenants' words down to the overlay. */
export interface Foresight {
  readonly documents: readonly DocumentChange[];
  readonly gained: readonly Grant[];
  readonly lost: readonly Grant[];
  /** What more would be gained if nobody were in quarantine: a release opens it, and nobody is asked again then. */
  readonly withheld: readonly Grant[];
  /** Names of segments, tenants and externals in quarantine that would be retired: their quarantine ends with them. */
  readonly released: readonly string[];
  /** What of it will end by a time bound, and what will come or go by one later. */
  readonly timed: readonly TimedChange[];
  /** All that a sync would do then, whatever an earlier change left undone included. */
  readonly steps: readonly Step[];
  /** Shards with steps that are held at a past state: theirs wait until they are resumed. */
  readonly held: readonly string[];
  /** Hosts that were or would be retired and may still hold something: a sync empties them. */
  readonly emptied: readonly { readonly shard: string; readonly host: string }[];
}

/** One object that a shard's hosts would be given, or would have to let go. */
export interface Step {
  readonly shard: string;
  readonly step: 'put' | 'remove';
  /** Its key. */
  readonly object: string;
}

/** What an accepted decision, made on the estate as it is now, would change at an instant. */
export function foresee(
  estate: Estate,
  decision: Decision & { kind: 'accepted' },
  { at }: { at: string },
): Foresight {
  const { after, scope } = decision;
  const before = estate.intended;
  const steps = [...after.directory.shards.keys()].sort(compareNaturally).flatMap((shard): Step[] => {
    const { delta } = outlookAfter(estate, decision, { shard, at });
    return [
      ...delta.removed.map((object) => ({ shard, step: 'remove' as const, object })),
      ...delta.put.map((object) => ({ shard, step: 'put' as const, object: keyOf(object) })),
    ];
  });
  return {
    documents: decision.changes,
    gained: gainedGrants({ before, after }, { at }, scope),
    lost: gainedGrants({ before: after, after: before }, { at }, scope),
    withheld: withheldGrants({ before, after }, { at, scope }),
    released: quarantinedNames(before.quarantine).filter(
      (name) => !quarantinedNames(after.quarantine).includes(name),
    ),
    timed: timedChanges({ before, after, at, scope }),
    steps,
    held: [...new Set(steps.map(({ shard }) => shard))].filter(
      (shard) => appliedShard(estate.applied, shard).held !== undefined,
    ),
    emptied: hostsToEmpty(estate, after),
  };
}

function withheldGrants(
  { before, after }: { before: Intended; after: Intended },
  { at, scope }: { at: string; scope: Scope | undefined },
): Grant[] {
  if (quarantinedNames(after.quarantine).length === 0) return [];
  const quarantine = noQuarantine();
  const released = { before: { ...before, quarantine }, after: { ...after, quarantine } };
  return gainedGrants(released, { at }, scope).filter((grant) => isCut(after.quarantine, grant));
}

function hostsToEmpty({ intended, applied }: Estate, after: Intended): { shard: string; host: string }[] {
  const retired = Array.from(intended.directory.hosts.values(), ({ shard, host }) => ({ shard, host }));
  const leaving = [...applied.shards].flatMap(([shard, { leavingHosts }]) =>
    Array.from(leavingHosts, (host) => ({ shard, host })),
  );
  return [...retired, ...leaving]
    .filter(({ host }) => !after.directory.hosts.has(host))
    .sort((a, b) => compareNaturally(`${a.shard} ${a.host}`, `${b.shard} ${b.host}`));
}
