import { tenantOf } from '../../events/names.ts';
import { segmentsOf } from '../../projections/directory/directory.ts';
import type { Scope } from '../../projections/intended/consents.ts';
import { grantBetween, grantsOf } from '../../projections/intended/grants.ts';
import { namesOfHolder } from '../../projections/intended/name-index.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { isNothing } from '../../projections/intended/traffic.ts';
import { holdersIn, holdersOf, type Holder } from './address-holders.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { peerKey, wordsFor } from './check-rules.ts';
import { rulesOfMeetings, type MeetingRule } from './meeting-rules.ts';

/** `a`, `a and b`, `a, b and c`. */
const listed = new Intl.ListFormat('en-GB');

/**
 * A segment or external may not exchange packets with two holders of one address in different segments. Tenants that
 * never meet may use the same addresses. Two externals may not have an equal CIDR. Rules with time bounds count as
 * open.
 */
export function* checkAddresses(candidate: Candidate): Iterable<DomainProblem> {
  if (candidate.scope === undefined) yield* equalCidrs(candidate);
  const reported = new Set<string>();
  for (const { viewer, first, second } of clashes(candidate)) {
    const pair = `${first.ip} ${[first.endpoint, second.endpoint].sort().join(' ')}`;
    if (reported.has(pair)) continue;
    reported.add(pair);
    yield ambiguous(candidate, { viewer, first, second });
  }
}

/** Two holders of one address in different segments. The viewer may exchange packets with both. */
interface Clash {
  readonly viewer: string;
  readonly first: Holder;
  readonly second: Holder;
}

/**
 * With a scope, only clashes that a change of its members can have brought. A viewer in the scope is judged on all
 * that it sees. Another viewer is judged on its new sights in the scope: segments that it did not see before, or with
 * changed endpoints.
 */
function* clashes(candidate: Candidate): Generator<Clash> {
  const { before, after, scope } = candidate;
  const holders = (segment: string): Holder[] => holdersIn(after, segment);
  const seenBefore = scope === undefined ? undefined : neighbours(before, scope);
  for (const [viewer, seen] of neighbours(after, scope)) {
    if (scope?.has(tenantOf(viewer) ?? viewer) ?? true) {
      yield* clashesAmong(viewer, [...seen].flatMap(holders));
      continue;
    }
    const known = seenBefore?.get(viewer);
    const news = [...seen].filter(
      (segment) => known?.has(segment) !== true || hasChangedEndpoints(candidate, segment),
    );
    yield* clashesBeside(after, { viewer, news: news.flatMap(holders) });
  }
}

function hasChangedEndpoints({ before, after }: Candidate, segment: string): boolean {
  /* v8 ignore next -- @preserve members of a scope are tenants, so that what others see of them are segments */
  const tenant = tenantOf(segment) ?? '';
  return before.directory.endpoints.get(tenant) !== after.directory.endpoints.get(tenant);
}

function* clashesAmong(viewer: string, holders: readonly Holder[]): Generator<Clash> {
  const holderOf = new Map<string, Holder>();
  for (const second of holders) {
    const first = holderOf.get(second.ip);
    holderOf.set(second.ip, second);
    if (first !== undefined && first.segment !== second.segment) yield { viewer, first, second };
  }
}

/**
 * Finds other holders of the same addresses that the viewer sees too. Searches the shorter of two lists: all holders
 * of the address, or all holders that the viewer sees.
 */
function* clashesBeside(
  after: Intended,
  { viewer, news }: { viewer: string; news: readonly Holder[] },
): Generator<Clash> {
  if (news.length === 0) return;
  const degree = degreeOf(after, viewer);
  let seen: readonly Holder[] | undefined;
  for (const second of news) {
    const byAddress = after.directory.addresses.count(second.ip) <= degree;
    const others = byAddress ? holdersOf(after, second.ip) : (seen ??= holdersSeen(after, viewer));
    for (const first of others) {
      if (first.ip !== second.ip || first.segment === second.segment) continue;
      if (!byAddress || sees(after, viewer, first.segment)) yield { viewer, first, second };
    }
  }
}

/** A rough count of the policies and rules that may concern an end. */
function degreeOf({ directory, naming, policies }: Intended, end: string): number {
  const holder = tenantOf(end) ?? end;
  const own = policies.get(holder);
  const named = namesOfHolder(directory, holder).reduce((sum, name) => sum + naming.count(name), 0);
  return named + (own?.egress.length ?? 0) + (own?.ingress.length ?? 0);
}

function holdersSeen(after: Intended, viewer: string): Holder[] {
  const seen = new Set([viewer]);
  for (const { from, to } of grantsOf(after, 'always', new Set([tenantOf(viewer) ?? viewer]))) {
    if (from === viewer) seen.add(to);
    if (to === viewer) seen.add(from);
  }
  return [...seen].flatMap((segment) => holdersIn(after, segment));
}

function sees(after: Intended, viewer: string, segment: string): boolean {
  if (viewer === segment) return true;
  const ways = [
    { from: viewer, to: segment },
    { from: segment, to: viewer },
  ];
  return ways.some((ends) => !isNothing(grantBetween(after, ends, 'always')));
}

/**
 * By segment or external, the ends that it may exchange packets with, in either direction. A segment sees itself too.
 * With a scope, the list of a member is complete; the list of another end has only members.
 */
function neighbours(intended: Intended, scope: Scope | undefined): Map<string, Set<string>> {
  const seen = new Map<string, Set<string>>();
  const see = (viewer: string, other: string): void => {
    const known = seen.get(viewer);
    if (known === undefined) seen.set(viewer, new Set([other]));
    else known.add(other);
  };
  for (const tenant of scope ?? intended.directory.tenants.keys()) {
    for (const segment of segmentsOf(intended.directory, tenant)) see(segment, segment);
  }
  for (const { from, to } of grantsOf(intended, 'always', scope)) {
    see(from, to);
    see(to, from);
  }
  return seen;
}

/** Points at the rule that lets the viewer meet both, where it was added; else at the endpoint that was changed. */
function ambiguous(candidate: Candidate, { viewer, first, second }: Clash): DomainProblem {
  const others = [second.segment, first.segment].filter((segment) => segment !== viewer);
  const rules = rulesOfMeetings(candidate, { viewer, others });
  const added = rules.filter((rule) => rule.added).map(({ sided }) => sided.place(peerKey(sided.side)));
  return {
    kind: 'refused',
    at: added[0] ?? placeOfClash(candidate, { viewer, first, second }),
    message:
      `${viewer} could not tell endpoint ${first.endpoint} (segment ${first.segment}) from ${second.endpoint} (segment ${second.segment}): both hold ${first.ip}. ` +
      `All segments that one segment may exchange packets with must have distinct addresses${byRules(rules)}`,
    found: first.ip,
  };
}

function placeOfClash({ folder }: Candidate, { viewer, first, second }: Clash): DomainPlace {
  const endpointPlace = ({ tenant, name }: Holder): DomainPlace => ({
    kind: 'Endpoints',
    name: tenant,
    path: ['endpoints', name, 'ip'],
  });
  const tenants = [...new Set([tenantOf(viewer) ?? viewer, first.tenant, second.tenant])];
  return pointAt(
    folder,
    endpointPlace(second),
    endpointPlace(first),
    ...tenants.map((name): DomainPlace => ({ kind: 'Policy', name, path: [] })),
    ...tenants.map((name): DomainPlace => ({ kind: 'Tenant', name, path: [] })),
  );
}

/** Names the rules by which the ends meet, each once; none inside a tenant that needs no rules. */
function byRules(rules: readonly MeetingRule[]): string {
  const words = [...new Set(rules.map(({ policy, sided }) => wordsFor(policy, sided)))];
  return words.length === 0 ? '' : `; they meet by ${listed.format(words)}`;
}

function* equalCidrs({ after, folder }: Candidate): Iterable<DomainProblem> {
  const owners = new Map<string, string>();
  for (const { external, cidrs } of after.directory.externals.values()) {
    for (const cidr of cidrs) {
      const other = owners.get(cidr);
      owners.set(cidr, external);
      if (other === undefined) continue;
      const place = (name: string): DomainPlace => ({ kind: 'External', name, path: ['cidrs', cidr] });
      yield {
        kind: 'refused',
        at: pointAt(folder, place(external), place(other)),
        message: `${other} and ${external} both claim ${cidr}: whose it is could not be told`,
        found: cidr,
      };
    }
  }
}
