import { defined } from '../../../events/codec/defined.ts';
import { tenantOf } from '../../../events/names.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import type { Documents } from '../../../projections/isolation/documents/document-fold.ts';
import type { SetRef } from '../../../projections/isolation/hosts/host-plans.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { Seat } from '../../../projections/isolation/judging/seats.ts';
import type { Origins, Side } from '../origins.ts';
import type { OverlayRecord } from '../overlay-record.ts';
import { listWords } from '../../words/lists.ts';
import type { Missing } from './answer.ts';
import type { ObjectLookup, Want } from './object-lookup.ts';

/** One host's part in a pair: its ports there, and every set of objects that it may hold. */
export interface HostPart {
  readonly host: string;
  readonly side: Side;
  readonly want: Want;
  readonly sets: readonly { readonly ref: SetRef; readonly objects: ObjectLookup }[];
}

/** Says why the overlay does not carry a flow yet, or still carries it: by which shard or host, and at which plan. */
export class OverlayLacks {
  readonly #documents: Documents;
  readonly #record: OverlayRecord;
  readonly #origins: Origins;

  readonly #lane: Lane;

  constructor(of: { documents: Documents; record: OverlayRecord; origins: Origins; lane: Lane }) {
    this.#lane = of.lane;
    this.#documents = of.documents;
    this.#record = of.record;
    this.#origins = of.origins;
  }

  /**
   * The lack of endpoints at an end, by the documents of the instant. Inside a segment a single endpoint is too few.
   */
  absentAt(end: string, lack: 'nobody' | 'fewer than two'): Missing[] {
    const tenant = tenantOf(end);
    if (tenant === undefined) {
      const words = `${end} has no gateway: nothing says where it enters the overlay`;
      return [{ in: 'overlay', kind: 'no-gateway', whose: end, words }];
    }
    const words =
      lack === 'nobody'
        ? `no endpoint is attached to ${end}`
        : `fewer than two endpoints are attached to ${end}`;
    const nobody: Missing = { in: 'overlay', kind: 'nobody-attached', whose: end, words };
    if (this.#origins.placement(tenant) !== undefined) return [nobody];
    const unplaced = `${tenant} is on no shard, so no host carries it`;
    return [nobody, { in: 'overlay', kind: 'on-no-shard', whose: tenant, words: unplaced }];
  }

  /** The reasons for which a host is not known to carry an allowed flow; empty if it is known to. */
  notCarried({ host, want, sets }: HostPart): Missing[] {
    const all = sets.filter(({ ref, objects }) => ref.former !== true && objects.lacks(want).length > 0);
    const lacking = all.filter(({ ref }) => ref.found === undefined);
    const drifted = this.#drifted(host, all, (objects) => `lack ${listWords(objects.lacks(want))}`);
    if (lacking.length === 0) return drifted;
    const shard = this.shardOf(host);
    const last = this.#record.plan(shard);
    const final = lacking.find(({ ref }) => ref.shard === shard && ref.plan === (last?.plan ?? 0));
    if (final === undefined) return [...drifted, this.#late(host, 'not-acknowledged')];
    return [...drifted, this.#unplanned(shard, final.objects.lacks(want)), ...this.#held(shard)];
  }

  /** The reasons for which a host may still carry a flow that is no longer allowed; empty if it cannot. */
  notCut({ host, want, sets }: HostPart): Missing[] {
    const all = sets.filter(({ objects }) => objects.lets(want));
    const letting = all.filter(({ ref }) => ref.found === undefined);
    const drifted = this.#drifted(host, all, () => 'let it through');
    return letting.length === 0 ? drifted : [...drifted, ...this.#notCutBy(host, letting)];
  }

  #notCutBy(host: string, letting: HostPart['sets']): Missing[] {
    const former = letting.filter(({ ref }) => ref.former === true).map(({ ref }) => ref.shard);
    if (former.length === letting.length) return [...new Set(former)].map((of) => this.#notEmptied(host, of));
    const shard = this.shardOf(host);
    const last = this.#record.plan(shard);
    if (last === undefined || !letting.some(({ ref }) => ref.shard === shard && ref.plan === last.plan)) {
      return [this.#late(host, 'not-cut')];
    }
    const words = `plan ${String(last.plan)} of ${shard} still lets it through, and no later one takes it away yet`;
    return [
      { in: 'overlay', kind: 'not-cut', whose: shard, words, origin: last.origin },
      ...this.#held(shard),
    ];
  }

  /** What a host was found to hold instead of what it acknowledged. */
  #drifted(host: string, sets: HostPart['sets'], doing: (objects: ObjectLookup) => string): Missing[] {
    const found = sets.filter(({ ref }) => ref.found !== undefined);
    return found.slice(0, 1).map(({ ref: { shard }, objects }) => {
      const words = `${host} was found to ${doing(objects)}, beside all plans, and was not put right yet`;
      const origin = this.#record.drift({ host, shard });
      return { in: 'overlay', kind: 'drifted', whose: host, words, ...defined({ origin }) };
    });
  }

  /** The host of that name that was retired from another shard. */
  #notEmptied(host: string, shard: string): Missing {
    const words = `${host} was retired from ${shard} and may still let it through there: it has not acknowledged that it holds nothing of ${shard}`;
    const origin = this.#record.acknowledged({ host, shard })?.origin;
    return { in: 'overlay', kind: 'not-cut', whose: host, words, ...defined({ origin }) };
  }

  /** The host of a port that has changed hands may hold it for its former holder still. */
  heldFor(former: string, seat: Seat): Missing {
    const { host, interface: port, occupant } = seat;
    const words = `${host} may still hold its port ${port} for ${former}, which had it before ${occupant.end}: there ${occupant.end} has what ${former} was allowed`;
    const origin = this.#record.acknowledged({ host, shard: this.shardOf(host) })?.origin;
    return { in: 'overlay', kind: 'not-cut', whose: host, words, ...defined({ origin }) };
  }

  /** The objects on hosts contradict each other in a way that is not looked for here. */
  unexplained({ from, to }: Pair): Missing {
    const words = `what hosts hold contradicts itself: isoledger verify --tenant ${from} --peer ${to}${this.#lane === 'observed' ? ' --lane observed' : ''} shows a packet`;
    return { in: 'overlay', kind: 'unexplained', whose: from, words };
  }

  /** The shard of a host that a document names. */
  shardOf(host: string): string {
    return this.#documents.hosts.get(host)?.shard ?? '';
  }

  #unplanned(shard: string, lacks: readonly string[]): Missing {
    const last = this.#record.plan(shard);
    if (last === undefined) {
      return {
        in: 'overlay',
        kind: 'not-planned',
        whose: shard,
        words: `nothing is planned for ${shard} yet`,
      };
    }
    const { plan, basis, origin } = last;
    const words = `the last plan of ${shard} (plan ${String(plan)}, for the events up to seq ${String(basis)}) lacks ${listWords(lacks)}`;
    return { in: 'overlay', kind: 'not-planned', whose: shard, words, origin };
  }

  #held(shard: string): Missing[] {
    const origin = this.#record.hold(shard);
    const words = `${shard} is held at a past state: nothing new is planned for it until it is resumed`;
    return origin === undefined ? [] : [{ in: 'overlay', kind: 'held', whose: shard, words, origin }];
  }

  #late(host: string, kind: 'not-acknowledged' | 'not-cut'): Missing {
    const shard = this.shardOf(host);
    const last = this.#record.plan(shard);
    const failure = this.#record.failure({ host, shard });
    const acknowledged = this.#record.acknowledged({ host, shard })?.plan;
    const had =
      acknowledged === undefined
        ? 'it never acknowledged any'
        : `the last one was plan ${String(acknowledged)}`;
    const what = kind === 'not-cut' ? 'may still let it through' : 'may not carry it yet';
    const why = failure === undefined ? '' : `; it refused plan ${String(failure.plan)}: ${failure.problem}`;
    const origin = failure?.origin ?? last?.origin;
    return {
      in: 'overlay',
      kind,
      whose: host,
      words: `${host} ${what}: it has not acknowledged plan ${String(last?.plan ?? 0)} of ${shard} (${had})${why}`,
      ...defined({ origin }),
    };
  }
}
