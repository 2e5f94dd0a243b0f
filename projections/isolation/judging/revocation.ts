import { boundsOf } from '../authorised/rule-time.ts';
import type { Policy } from '../../../events/estate.ts';
import { Addressing } from '../authorised/addressing.ts';
import { Authorisation } from '../authorised/authorisation.ts';
import { common, without, type Box } from '../header-sets/boxes.ts';
import type { Question } from './contacts.ts';
import { RevokedFlow, trace, type LatelyAuthorised } from './reopened.ts';
import type { ByHolders } from './former.ts';
import type { Seat } from './seats.ts';
import { defaultRevocationLimitSeconds } from '../documents/document-fold.ts';
import { earlier, secondsBefore, type Edition, type IsolationState } from '../state.ts';

/** The packets that are delivered from seat to seat beyond those that are authorised now. */
export interface Exposure {
  readonly from: Seat;
  readonly to: Seat;
  readonly excess: readonly Box[];
}

/**
 * An exposure in parts: late packets, and those whose revocation is still in time, by the holders of the ports between whom
 * they were authorised. What was authorised last comes first.
 */
export interface JudgedExposure extends Exposure {
  readonly late: readonly Box[];
  readonly inTime: readonly ByHolders[];
}

/** An exposure, while what was authorised lately is looked through. */
interface ShownExposure extends Exposure {
  late: readonly Box[];
  readonly inTime: LatelyAuthorised[];
}

/**
 * Separates late packets from packets that were revoked within the limit of the hosts' shards (the smaller limit of
 * two). A revocation at r is in time from r (included) to r + limit (excluded), as the instant counts, or `certainUpTo` if
 * that is earlier, until it is carried out: what is let through again after that is late.
 */
export function judgeExposures(exposures: readonly Exposure[], at: Counted): JudgedExposure[] {
  const judged = byTime(exposures, at).map((exposure) => ({
    exposure,
    flows: exposure.inTime.map((part) => new RevokedFlow(exposure, part)),
  }));
  trace(
    judged.flatMap(({ flows }) => flows),
    at.state,
  );
  return judged.map(({ exposure, flows }) => ({
    ...exposure,
    late: [...exposure.late, ...flows.flatMap(({ reopened }) => reopened)],
    inTime: flows.map(({ pending }) => pending).filter(({ boxes }) => boxes.length > 0),
  }));
}

type Counted = Pick<Question, 'state' | 'instant' | 'certainUpTo'>;

function byTime(exposures: readonly Exposure[], { state, instant, certainUpTo }: Counted): ShownExposure[] {
  const counted = earlier(instant, certainUpTo);
  const shown = exposures.map((exposure) => {
    const inTime: LatelyAuthorised[] = [];
    const after = secondsBefore(counted, limitSeconds(exposure, state));
    return { ...exposure, late: exposure.excess, inTime, after };
  });
  const [oldest] = shown.map(({ after }) => after).sort();
  if (oldest === undefined) return shown;
  for (const edition of state.editionsAfter(oldest)) {
    for (const { since, ...end } of stretches(edition, { after: oldest, instant })) {
      const addressing = new Addressing(new Authorisation(edition.documents, since));
      for (const exposure of shown) {
        if (end.until <= exposure.after) continue;
        const from = edition.documents.occupants.get(exposure.from.key);
        const to = edition.documents.occupants.get(exposure.to.key);
        if (from === undefined || to === undefined) continue;
        const holders = { from: from.end, to: to.end };
        const authorised = addressing.authorised(from, to);
        const isInside = from.end === to.end;
        const boxes = isInside ? exposure.late : common(exposure.late, [authorised]);
        if (boxes.length > 0) exposure.inTime.push({ holders, boxes, ...end });
        exposure.late = isInside ? [] : without(exposure.late, authorised);
      }
    }
  }
  return shown;
}

/** The time that a revocation may take, in seconds: the smaller limit of the two hosts' shards. */
export function limitSeconds({ from, to }: Exposure, { documents }: IsolationState): number {
  const all = [...documents.hosts.values(), ...documents.formerHosts.values()];
  const hosts = all.filter(({ host }) => host === from.host || host === to.host);
  const limits = hosts.map(({ shard }) => documents.shards.get(shard)?.revocationLimitSeconds);
  return Math.min(...limits.map((limit = defaultRevocationLimitSeconds) => limit));
}

/**
 * The parts of an edition, up to `instant`, in which no time bound passes, the newest first. Parts that end before
 * `after` are left out.
 */
function stretches(
  { documents, since, until, endedBy }: Edition,
  { after, instant }: { readonly after: string; readonly instant: string },
): (Pick<LatelyAuthorised, 'until' | 'endedBy'> & { readonly since: string })[] {
  const bounds = timeBounds(documents.policies.values(), { after: since, until: until ?? instant });
  const starts = [since, ...bounds.filter((bound) => bound !== until)];
  return starts
    .map((start, index) => {
      const bound = starts[index + 1];
      return bound === undefined
        ? { since: start, until: until ?? afterAll, endedBy }
        : { since: start, until: bound, endedBy: undefined };
    })
    .filter((stretch) => stretch.until > after)
    .reverse();
}

/** Sorts after every instant. */
const afterAll = '~';

/**
 * The instants after `instant` at which the limit of some shard runs out for a recent revocation, by the documents so
 * far. Past the clock of whoever asks none does.
 */
export function limitsRunningOut(state: IsolationState, instant: string): string[] {
  const shards = [...state.documents.shards.values()];
  const limits = new Set([
    defaultRevocationLimitSeconds,
    ...shards.map(({ revocationLimitSeconds }) => revocationLimitSeconds),
  ]);
  const after = secondsBefore(instant, Math.max(...limits));
  const changes = new Set<string>();
  for (const { documents, since, until } of state.editionsAfter(after)) {
    const bounds = timeBounds(documents.policies.values(), { after: since, until: until ?? instant });
    for (const change of until === undefined ? bounds : [...bounds, until]) changes.add(change);
  }
  const ends = [...changes].flatMap((change) => [...limits].map((limit) => secondsBefore(change, -limit)));
  const { clock = afterAll } = state;
  return ends.filter((end) => instant < end && end <= clock);
}

/** The instants after `after` and up to `until` at which rules of the policies open or lapse, sorted, each once. */
export function timeBounds(
  policies: Iterable<Policy>,
  { after, until }: { readonly after: string; readonly until: string },
): string[] {
  const bounds = new Set<string>();
  for (const { egress, ingress } of policies) {
    for (const bound of [...egress, ...ingress].flatMap(boundsOf))
      if (after < bound && bound <= until) bounds.add(bound);
  }
  return [...bounds].sort();
}
