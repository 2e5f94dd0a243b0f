import type { Actor } from '../../events/entry.ts';
import { applierRole, shardsToDrive } from '../apply/drive/sync.ts';
import { categoryOf, UsageError } from '../runtime/errors.ts';
import { nearestName } from '../runtime/nearest.ts';
import { historyPlace } from '../tasks/history-place.ts';
import { loadEstate, type Workspace } from '../tasks/workspace.ts';
import { KeptWatch } from '../verify/violations/kept-watch.ts';
import type { ViolationWatch } from '../verify/violations/violation-watch.ts';
import { applierOf } from './applier-role.ts';
import { Arrivals } from './arrivals.ts';
import { clockRole } from './clock-role.ts';
import { Crew } from './crew.ts';
import { LedgerPulse } from './ledger-pulse.ts';
import type { Durations } from './durations.ts';
import { aborted } from '../runtime/aborted.ts';
import type { ServeRole } from './role.ts';
import { RoleRecord } from './role-record.ts';
import { failureOf } from './failure.ts';
import { type RoleStandings } from './states.ts';
import type { VerdictCounts } from './verdict-counts.ts';
import { verifierRole } from './verifier-role.ts';

/** How long a service may take to end, in milliseconds: longer than each of its roles. */
const endMsMax = 9_000;

export interface ServiceMeans {
  readonly workspace: Workspace;
  readonly actor: Actor;
  /** This process, as other processes are told of it. */
  readonly holder: { readonly host: string; readonly pid: number };
  readonly standings: RoleStandings;
  readonly random: () => number;
  /** The roles beside the clock, the verifier and the appliers that the configuration gives something to do. */
  readonly others: readonly ServeRole[];
  /** The roles that this process may have. */
  readonly isWanted: (role: string) => boolean;
  /** How often each host is read whole, in milliseconds. */
  readonly wholeReadingMs: number;
  /** Hears how long each round took that changed hosts of a shard. */
  readonly durations?: Durations;
  /** Hears what the verifier did. */
  readonly verdicts?: VerdictCounts;
  /** How long a lease of a role lasts, in milliseconds: roles are given back where the ledger is silent for so long. 20 s if left out. */
  readonly leaseMs?: number;
}

const leaseMsByDefault = 20_000;

/**
 * True for roles that are named, or whose first word is. Where nothing is named, all but the verifier: a large plan is judged in one long
 * turn, and nobody who drives hosts or keeps a lease is to wait for that unasked.
 */
export function wantedRoles(named: readonly string[] | undefined): (role: string) => boolean {
  if (named === undefined) return (role) => role !== 'verifier';
  return (role) => named.includes(role) || named.includes(role.replace(/\/.*$/, ''));
}

/** The product running for years. Appliers come and go with the shards. */
export class ServingProcess {
  readonly #means: ServiceMeans;
  readonly #signal: AbortSignal;
  readonly #crew: Crew;
  readonly #pulse: LedgerPulse;
  #others: readonly ServeRole[] = [];
  #isLeftBehind = false;

  /** Everything ends once the signal aborts. */
  constructor(means: ServiceMeans, signal: AbortSignal) {
    const { workspace, actor, holder, standings, random, leaseMs: giveBackMs = leaseMsByDefault } = means;
    const { ledger, clock, log, holdRole } = workspace;
    const record = new RoleRecord({ ledger, actor, holder });
    const recordTaken = record.take.bind(record);
    this.#means = means;
    this.#signal = signal;
    const onLeftBehind = (): void => {
      this.#isLeftBehind = true;
    };
    this.#pulse = new LedgerPulse({ ledger, clock, standings, log, giveBackMs });
    const heard = this.#pulse;
    const how = { clock, log, standings, holdRole, holder, recordTaken, random, onLeftBehind, heard };
    this.#crew = new Crew(signal, how);
  }

  /**
   * Starts the roles, and returns once they have ended. `onStarted` hears that they were started. Throws UsageError where there is
   * nothing to do, and what reading the ledger throws at the beginning.
   */
  async run(onStarted: () => void): Promise<void> {
    const { workspace, isWanted, others, standings } = this.#means;
    const { ledger, clock, log } = workspace;
    const { size } = await ledger.head();
    // Before any role begins: whoever hears that this service did not start must not have one that goes on.
    const estate = await loadEstate(workspace);
    const arrivals = new Arrivals({ ledger, clock, after: size - 1 });
    standings.followedFrom(size - 1);
    const history = historyPlace(workspace);
    const newWatch = history && ((): ViolationWatch => new KeptWatch(history));
    const verifier = verifierRole({ ...this.#means, arrivals, newWatch });
    for (const role of [clockRole({ ...this.#means, arrivals }), verifier])
      if (isWanted(role.name)) this.#crew.start(role);
    this.become(others);
    for (const { shard } of shardsToDrive(estate.state, undefined)) this.#drive(shard, arrivals);
    arrivals.listen((arrival) => {
      const { subject, type } = arrival;
      standings.arrived(arrival);
      if (type === 'ShardRegistered') this.#drive(subject.slice('shard/'.length), arrivals);
    }, this.#signal);
    onStarted();
    const watching = this.#pulse.watch(this.#signal);
    const following = arrivals.follow(this.#signal, {
      log,
      onFault: (fault) => {
        standings.ledgerFailed(failureOf(fault));
        if (categoryOf(fault) === 'integrity') this.#crew.halt(fault);
      },
      onAnswer: () => {
        standings.ledgerAnswered();
        this.#pulse.answered();
      },
    });
    await this.#endInTime(Promise.all([watching, following]).then(() => this.#crew.over()));
  }

  /** Returns once the roles are over, or soon after the signal aborted: whoever does not answer, as for a lease, keeps nobody from ending. */
  async #endInTime(over: Promise<void>): Promise<void> {
    const { clock, log } = this.#means.workspace;
    const ended = new AbortController();
    const late = Symbol('late');
    const isLate = async (): Promise<symbol> => {
      await aborted(AbortSignal.any([this.#signal, ended.signal]));
      await clock.sleep(endMsMax, ended.signal);
      return late;
    };
    const came = await Promise.race([over, isLate()]);
    ended.abort();
    if (came !== late) return;
    log.warn('what the service has in hand takes too long, and is left behind');
    this.#isLeftBehind = true;
  }

  /** True where a role did not end in time: what it waits for may keep this process alive. */
  get isLeftBehind(): boolean {
    return this.#isLeftBehind;
  }

  /** Starts the roles again that stopped until a person has looked. */
  startStopped(): void {
    this.#crew.startStopped();
  }

  /** Has these roles beside the clock, the verifier and the appliers from here on. Of the others, those that are no longer among them end. */
  become(others: readonly ServeRole[]): void {
    const wanted = others.filter(({ name }) => this.#means.isWanted(name));
    for (const before of this.#others) {
      if (wanted.includes(before)) continue;
      this.#crew.end(
        before.name,
        wanted.find(({ name }) => name === before.name),
      );
    }
    const known = new Set(this.#others.map(({ name }) => name));
    for (const role of wanted) if (!known.has(role.name)) this.#crew.start(role);
    this.#others = wanted;
  }

  #drive(shard: string, arrivals: Arrivals): void {
    if (this.#means.isWanted(applierRole(shard)))
      this.#crew.start(applierOf(shard, { ...this.#means, arrivals }));
  }
}

/**
 * Throws UsageError for a role that the configuration gives nothing to do, or that is named twice. `others`: names of roles.
 * `appliers`: those that there are; left out where a shard may come later.
 */
export function requireRoles(
  named: readonly string[],
  { others, appliers }: { readonly others: readonly string[]; readonly appliers?: readonly string[] },
): void {
  const twice = named.find((role, at) => named.indexOf(role) !== at);
  if (twice !== undefined) throw new UsageError(`the role ${twice} is named twice`);
  const words = new Set(['clock', 'verifier', 'applier', ...others.map(firstWord)]);
  const known = new Set([...words, ...others, ...(appliers ?? [])]);
  const mayCome = (role: string): boolean => appliers === undefined && role.startsWith('applier/');
  const unknown = named.find((role) => !known.has(role) && !mayCome(role));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  const hint = nearest === undefined ? '' : `; nearest: ${nearest}`;
  throw new UsageError(
    unknown.startsWith('applier/')
      ? `there is no shard for the role ${unknown}${hint}; serve would wait for one of that name`
      : `there is nothing to do for a role ${unknown}; by this configuration the roles are ${[...words].join(', ')}${hint}`,
  );
}

function firstWord(role: string): string {
  return role.replace(/\/.*$/, '');
}
