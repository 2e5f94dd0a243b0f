import { tenantOf } from '../../../events/names.ts';
import { boundsOf } from '../../../projections/bounds/bounds.ts';
import { gainedGrants } from '../../../projections/intended/changed-grants.ts';
import { tenantsConcerned, type Scope } from '../../../projections/intended/consents.ts';
import { grantKey, type Grant } from '../../../projections/intended/grants.ts';
import type { Intended } from '../../../projections/intended/intended.ts';
import { wordsOf } from '../../../projections/intended/traffic.ts';

/**
 * A grant that a decision gives or takes from an instant to come, or up to one. Time bounds of rules do this: nobody
 * decides again.
 */
export interface TimedChange {
  readonly change: 'gained' | 'lost';
  readonly grant: Grant;
  /** UTC with milliseconds; undefined for a change that comes as soon as the decision is recorded. */
  readonly since: string | undefined;
  /** Excluded; undefined if no bound ends the change. */
  readonly until: string | undefined;
}

/** Two states of the estate, and the instant at which the second replaces the first. */
interface StateChange {
  readonly before: Intended;
  readonly after: Intended;
  readonly at: string;
  /** As for gainedGrants; undefined for everyone. */
  readonly scope: Scope | undefined;
}

/** The changes of a decision that come or end later, as time bounds of rules pass, in the order of their instants. */
export function timedChanges({ before, after, at, scope }: StateChange): TimedChange[] {
  const passing = boundsAfter({ before, after, at, scope });
  if (passing.size === 0) return [];
  const open = new Map<string, TimedChange>();
  for (const change of changesAt({ before, after, at, scope })) open.set(keyOf(change), change);
  const timed: TimedChange[] = [];
  for (const [instant, tenants] of [...passing].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const now = new Map(
      changesAt({ before, after, at: instant, scope: tenants })
        .filter(({ grant }) => concerns(grant, scope))
        .map((change) => [keyOf(change), { ...change, since: instant }]),
    );
    for (const [key, change] of [...open].filter(([, { grant }]) => concerns(grant, tenants))) {
      if (now.delete(key)) continue;
      open.delete(key);
      timed.push({ ...change, until: instant });
    }
    for (const [key, change] of now) open.set(key, change);
  }
  timed.push(...[...open.values()].filter(({ since }) => since !== undefined));
  return timed.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

/**
 * The instants to come at which a rule that may concern the scope opens or lapses, each with the tenants of such
 * rules.
 */
function boundsAfter({ before, after, at, scope }: StateChange): Map<string, Set<string>> {
  const passing = new Map<string, Set<string>>();
  for (const intended of [before, after]) {
    for (const { tenant } of tenantsConcerned(intended, scope)) {
      const policy = intended.policies.get(tenant);
      for (const { passed } of policy === undefined ? [] : boundsOf(policy)) {
        const { instant } = passed.bound;
        if (instant <= at) continue;
        passing.set(instant, (passing.get(instant) ?? new Set<string>()).add(tenant));
      }
    }
  }
  return passing;
}

function changesAt({ before, after, at, scope }: StateChange): TimedChange[] {
  const changes = (
    change: TimedChange['change'],
    states: { before: Intended; after: Intended },
  ): TimedChange[] =>
    gainedGrants(states, { at }, scope).map((grant) => ({
      change,
      grant,
      since: undefined,
      until: undefined,
    }));
  return [...changes('lost', { before: after, after: before }), ...changes('gained', { before, after })];
}

function concerns({ from, to }: Grant, scope: Scope | undefined): boolean {
  return [from, to].some((end) => scope?.has(tenantOf(end) ?? end) ?? true);
}

function keyOf({ change, grant }: TimedChange): string {
  return `${change} ${grantKey(grant)} ${wordsOf(grant.traffic)}`;
}

/** Changes that come at once, and end, stand first. */
function orderOf(timed: TimedChange): string {
  return `${timed.since ?? ''} ${keyOf(timed)}`;
}
