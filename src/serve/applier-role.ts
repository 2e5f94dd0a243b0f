import { defined } from '../../events/codec/defined.ts';
import type { Actor } from '../../events/entry.ts';
import type { Shard } from '../../events/estate.ts';
import { appliedShard } from '../../projections/applied/applied.ts';
import { hostsOfShard } from '../../projections/directory/directory.ts';
import type { ApplierContext } from '../apply/drive/applier-context.ts';
import { round } from '../apply/drive/applier.ts';
import type { Round } from '../apply/drive/round-outcome.ts';
import { HostBugs } from '../apply/drive/host-bugs.ts';
import { applierRole, driverByHosts } from '../apply/drive/sync.ts';
import { waitingFor } from '../apply/drive/until-settled.ts';
import type { PastState } from '../apply/plan/course.ts';
import { estateAt, pastState } from '../apply/record/hold.ts';
import { isWorkLeft } from '../apply/drive/work-left.ts';
import { Conflict } from '../ledger/faults.ts';
import { promptMarkMsMax, urgentMarkMsMax } from '../overlay/in-time.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { HostsElsewhere } from '../tasks/drive.ts';
import { shardsNotHere } from '../tasks/hosts-not-here.ts';
import { loadEstate, type Workspace } from '../tasks/workspace.ts';
import { Wake, type Arrivals } from './arrivals.ts';
import type { Durations } from './durations.ts';
import { fencedLedger } from './fenced-ledger.ts';
import { LookedHosts } from './looked-hosts.ts';
import { OutsideWatch } from './outside-watch.ts';
import { Retry } from '../runtime/retry.ts';
import type { RoleContext, ServeRole } from './role.ts';
import { RoundsTold, type ShardStanding } from './rounds-told.ts';
import { untilUrgent } from './until-urgent.ts';

export interface ApplierRoleMeans {
  readonly workspace: Workspace;
  readonly actor: Actor;
  readonly arrivals: Arrivals;
  readonly random: () => number;
  /** How often each host is read whole, whatever came, in milliseconds. */
  readonly wholeReadingMs: number;
  /** Hears how long each round took that changed hosts. */
  readonly durations?: Durations;
}

/** How long hosts that did not take their plan are waited for until they are tried again, in milliseconds. */
const retryMs = { shortestMs: 250, longestMs: 60_000 };

/** What is told of hosts within this time leads to one reading, in milliseconds. */
const outsideGapMs = 250;

/** How many rounds in a row may find something left to do before it sleeps in between. */
const roundsMax = 5;

/** Drives one shard within milliseconds of an entry, until its hosts hold what the events say. An error that nobody foresaw at a host is thrown once the others were driven. */
export function applierOf(shard: string, means: ApplierRoleMeans): ServeRole {
  return {
    name: applierRole(shard),
    needsLease: true,
    follows: subjectsOf(shard),
    run: async (context) => {
      const { fence } = context;
      const { workspace: place, arrivals } = means;
      const ledger = fence === undefined ? place.ledger : fencedLedger(place.ledger, fence, arrivals);
      const workspace = { ...place, ledger };
      const estate = await loadEstate(workspace);
      await new ApplierRun(shard, { ...means, workspace, ...context, estate }).run();
    },
  };
}

/** The subjects of entries by which there may be something to drive. */
function subjectsOf(shard: string): readonly string[] {
  return ['tenant', 'external', 'host', 'shard', `overlay/${shard}`, `observed/${shard}`];
}

interface ApplierRunMeans extends ApplierRoleMeans, RoleContext {
  readonly estate: Projected<Estate>;
}

class ApplierRun {
  readonly #shard: string;
  readonly #means: ApplierRunMeans;
  readonly #wake: Wake;
  readonly #watch: OutsideWatch;
  readonly #retry: Retry;
  readonly #rounds: RoundsTold;
  readonly #bugs = new HostBugs();
  /** A host that was not seen is read whole in the next round. */
  readonly #hostsLooked = new LookedHosts();
  readonly #reported: Set<string>;
  /** Hosts that somebody else may have changed since they were read. */
  readonly #told = new Set<string>();
  #driver: { readonly shard: Shard; readonly on: ApplierContext['driverOn'] } | undefined;
  #estate: Projected<Estate>;
  #wholeAtMs = -Infinity;
  /** The last entry that is in the estate. */
  #done = -1;
  /** The last entry that had arrived when the estate was brought up to date. */
  #looked = -1;
  /** Somebody may be to be cut off, which goes before all else. */
  #isUrgent = true;
  /** Aborts as soon as that is so: one for each round. */
  #urgent = new AbortController();
  /** Somebody held the shard at a past state since this began, to which it is to be driven. */
  #isHeldAnew = false;
  #past: PastState | undefined;

  constructor(shard: string, means: ApplierRunMeans) {
    const { workspace, arrivals, signal, random, estate, log, durations } = means;
    this.#shard = shard;
    this.#means = means;
    this.#estate = estate;
    this.#retry = new Retry({ ...retryMs, random });
    this.#rounds = new RoundsTold({
      ...{ shard, log, ledger: workspace.ledger, clock: workspace.clock },
      ...defined({ durations }),
    });
    const { failed } = appliedShard(estate.state.applied, shard);
    this.#reported = new Set(Array.from(failed, ([host, { plan }]) => `${String(plan)}/${host}`));
    this.#wake = new Wake(workspace.clock, signal).by(arrivals, {
      ...{ subjects: subjectsOf(shard), done: () => this.#done },
    });
    arrivals.listen(({ type, subject }) => {
      if (type === 'ShardHeld' && subject === `overlay/${shard}`) this.#isHeldAnew = true;
      if (!type.endsWith('Quarantined')) return;
      this.#isUrgent = true;
      this.#urgent.abort();
    }, signal);
    arrivals.listen((arrival) => {
      this.#rounds.note(arrival);
    }, signal);
    const onHost = (host: string): void => {
      this.#told.add(host);
      if (this.#told.size === 1) void this.#wakeSoon();
    };
    this.#watch = new OutsideWatch({ clock: workspace.clock, signal, random, onHost });
  }

  /** Returns before the signal aborts only where the shard is gone, and all of its hosts are empty. */
  async run(): Promise<void> {
    const { signal, workspace } = this.#means;
    while (!signal.aborted) {
      await this.#catchUp();
      const shard = this.#shardNow();
      if (shard === undefined) return;
      if (shardsNotHere(workspace, this.#estate.state).includes(this.#shard)) throw new HostsElsewhere();
      const sleepMs = await this.#drive(shard);
      if (sleepMs === undefined) continue;
      this.#tell();
      await this.#wake.sleep(sleepMs);
    }
  }

  async #wakeSoon(): Promise<void> {
    const { workspace, signal } = this.#means;
    await workspace.clock.sleep(outsideGapMs, signal);
    this.#wake.call();
  }

  async #catchUp(): Promise<void> {
    const { workspace, arrivals } = this.#means;
    this.#looked = arrivals.seq;
    this.#estate = await this.#estate.catchUp(workspace.ledger);
    this.#noteDone();
  }

  #noteDone(): void {
    this.#done = this.#estate.cursor.size - 1;
  }

  /** What was looked at and is of a batch that is not complete has no effect: it is nothing that is left to do. */
  #tell(): void {
    this.#means.tell({ seq: Math.max(this.#done, this.#looked) });
  }

  #shardNow(): Shard | undefined {
    const { intended, applied } = this.#estate.state;
    const { shards, formerShards } = intended.directory;
    const isLeft = appliedShard(applied, this.#shard).leavingHosts.size > 0;
    return shards.get(this.#shard) ?? (isLeft ? formerShards.get(this.#shard) : undefined);
  }

  /** Drives the shard as far as that goes now. Says for how many milliseconds there is nothing to do unless something comes; undefined where others overtook it. */
  async #drive(shard: Shard): Promise<number | undefined> {
    const { workspace, wholeReadingMs } = this.#means;
    const { clock } = workspace;
    if (clock.elapsedMs() - this.#wholeAtMs >= wholeReadingMs) {
      this.#hostsLooked.forgetAll();
      this.#wholeAtMs = clock.elapsedMs();
    }
    await this.#turnToPast();
    this.#hostsLooked.forget(this.#told);
    this.#told.clear();
    const on = this.#driverOn(shard);
    this.#watch.follow(on(this.#estate.state), [...this.#hosts()]);
    let isAway = false;
    for (let rounds = 0; rounds < roundsMax && this.#hasWork(); rounds += 1) {
      const done = await this.#roundUnlessOvertaken(shard, on);
      if (done === undefined || this.#isUrgent) return undefined;
      isAway = done.absent.size + done.refused.size > 0;
      if (isAway || this.#means.signal.aborted) break;
    }
    if (isAway || this.#hasWork()) return this.#retry.failed();
    this.#retry.succeeded();
    this.#past = undefined;
    this.#rounds.forget(this.#done);
    return Math.max(1, this.#wholeAtMs + wholeReadingMs - clock.elapsedMs());
  }

  /** The hosts that are driven, retired ones that are not empty yet among them. */
  #hosts(): ReadonlySet<string> {
    const { intended, applied } = this.#estate.state;
    const { leavingHosts } = appliedShard(applied, this.#shard);
    return new Set([...hostsOfShard(intended.directory, this.#shard), ...leavingHosts]);
  }

  #hasWork(): boolean {
    const now = this.#means.workspace.clock.now();
    const { bypasses } = appliedShard(this.#estate.state.applied, this.#shard);
    if (this.#hostsLooked.isAnyUnseen(this.#hosts(), bypasses.open)) return true;
    return isWorkLeft(this.#shard, { estate: this.#estate, now, past: this.#past });
  }

  /** Whoever holds a shard at a past state leaves it to its driver to bring it there. */
  async #turnToPast(): Promise<void> {
    const { ledger } = this.#means.workspace;
    const { held } = appliedShard(this.#estate.state.applied, this.#shard);
    if (this.#past?.seq !== held?.seq || this.#past?.time !== held?.time) this.#past = undefined;
    if (!this.#isHeldAnew) return;
    this.#isHeldAnew = false;
    const past = held && (await estateAt(ledger, { kind: 'seq', seq: held.seq }));
    this.#past = past && pastState(this.#shard, { ...past, time: held.time });
  }

  /** Undefined where others recorded something before each plan could be. A role that began anew would plan the whole shard, and be overtaken all the more. */
  async #roundUnlessOvertaken(
    ...on: [shard: Shard, driverOn: ApplierContext['driverOn']]
  ): Promise<Round | undefined> {
    const isUrgent = this.#isUrgent;
    try {
      return await this.#round(...on);
    } catch (fault) {
      if (!(fault instanceof Conflict)) throw fault;
      this.#isUrgent ||= isUrgent;
      this.#means.log.debug({ err: fault }, 'others were faster, and the shard is planned anew');
      return undefined;
    }
  }

  async #round(shard: Shard, driverOn: ApplierContext['driverOn']): Promise<Round> {
    const { workspace, actor } = this.#means;
    const { ledger, clock } = workspace;
    const begunMs = clock.elapsedMs();
    this.#rounds.begin(this.#standing());
    const context = {
      ...{ ledger, clock, actor, driverOn, shard, reported: this.#reported, seen: this.#hostsLooked.seen },
      reads: 'hosts' as const,
      past: this.#past,
      turn: { aside: <Found>(waiting: () => Promise<Found>): Promise<Found> => waiting() },
    };
    const cut = this.#isUrgent ? await this.#cut(context) : undefined;
    const done =
      cut !== undefined && this.#isUrgent
        ? cut
        : await round(this.#hurried(context, promptMarkMsMax), cut?.estate ?? this.#estate);
    this.#estate = done.estate;
    this.#hostsLooked.found(done.drifted);
    this.#noteDone();
    const ms = Math.round(clock.elapsedMs() - begunMs);
    await this.#rounds.tell({ ...{ cut, done, ms }, to: this.#standing() });
    // The other hosts were driven by now.
    this.#bugs.throwFirst();
    return done;
  }

  #standing(): ShardStanding {
    const { plan, objects } = appliedShard(this.#estate.state.applied, this.#shard);
    return { seq: this.#done, plan, objects: objects.size };
  }

  /** Cuts off who is in quarantine, before anything else is looked at. */
  #cut(context: ApplierContext): Promise<Round> {
    this.#isUrgent = false;
    const cuts = { ...context, reads: 'marks', only: 'cuts', past: undefined } as const;
    return round(this.#hurried(cuts, urgentMarkMsMax), this.#estate);
  }

  /** A round that a host which says no mark keeps for so long, and for less once somebody is to be cut off. */
  #hurried(context: ApplierContext, markMs: number): ApplierContext {
    if (!this.#isUrgent) this.#urgent = new AbortController();
    return waitingFor(untilUrgent(context, this.#urgent.signal), markMs);
  }

  #driverOn(shard: Shard): ApplierContext['driverOn'] {
    if (this.#driver?.shard === shard) return this.#driver.on;
    const on = driverByHosts(this.#bugs.keptBy(this.#means.workspace.driverFor), shard);
    on(this.#estate.state).tidy?.();
    this.#driver = { shard, on };
    return on;
  }
}
