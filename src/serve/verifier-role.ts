import { defined } from '../../events/codec/defined.ts';
import { draftOf } from '../../events/draft.ts';
import type { Actor } from '../../events/entry.ts';
import { Conflict } from '../ledger/faults.ts';
import type { Ledger } from '../ledger/port.ts';
import { categoryOf } from '../runtime/errors.ts';
import type { Workspace } from '../tasks/workspace.ts';
import {
  LiveWatch,
  Overtaken,
  type Recording,
  type ViolationWatch,
  type WatchHeld,
} from '../verify/violations/violation-watch.ts';
import { Wake, type Arrivals } from './arrivals.ts';
import { fencedLedger } from './fenced-ledger.ts';
import type { RoleContext, ServeRole } from './role.ts';
import type { VerdictCounts } from './verdict-counts.ts';

export interface VerifierRoleMeans {
  readonly workspace: Pick<Workspace, 'ledger' | 'clock'>;
  readonly actor: Actor;
  readonly arrivals: Arrivals;
  readonly verdicts?: VerdictCounts | undefined;
  /** What knows the violations of the ledger; from its first entry on, if left out. */
  readonly newWatch?: (() => ViolationWatch) | undefined;
}

/** The longest sleep, in milliseconds: the clock may be set, and a machine may stand still. */
const sleepMsMax = 1_000;

/** How often what was judged is kept, in milliseconds: each time costs what all of that comes to. */
const keepMs = 600_000;

/** The subjects of entries that may change a verdict. What the role itself records is under none of them. */
const subjects = ['tenant', 'external', 'host', 'shard', 'overlay', 'observed'];

/**
 * Judges isolation by what hosts acknowledged, as entries arrive and time passes, and records where it is violated, and where it no longer is:
 * each once, whoever had the role when it happened.
 */
export function verifierRole(means: VerifierRoleMeans): ServeRole {
  const { newWatch = (): ViolationWatch => new LiveWatch() } = means;
  // What was judged is not judged again where the role comes back to this process.
  let watch = newWatch();
  const runAnew = async (context: RoleContext): Promise<void> => {
    for (;;)
      try {
        await new VerifierRun(means, context, watch).run();
        watch.close();
        return;
      } catch (fault) {
        const isOvertaken = fault instanceof Overtaken;
        // What is thrown by others leaves sound what was judged.
        if (!isOvertaken && isOfOthers(fault)) throw fault;
        watch.drop();
        watch = newWatch();
        if (!isOvertaken) throw fault;
        context.log.info({ err: fault }, 'an entry came late, and what time brought is judged anew');
      }
  };
  return {
    name: 'verifier',
    needsLease: true,
    follows: subjects,
    run: async (context) => {
      try {
        await runAnew(context);
      } finally {
        means.verdicts?.noteJudged(undefined);
      }
    },
  };
}

function isOfOthers(fault: unknown): boolean {
  return ['unreachable', 'conflict'].includes(categoryOf(fault));
}

class VerifierRun {
  readonly #means: VerifierRoleMeans;
  readonly #context: RoleContext;
  readonly #watch: ViolationWatch;
  readonly #ledger: Ledger;
  readonly #wake: Wake;
  /** The last entry that had arrived when the role began: how long ago those up to it were recorded says nothing of the verifier. */
  readonly #begun: number;
  #done = -1;
  /** How many entries were judged since the role began. */
  #entries = 0;
  /** Since when the clock is waited for. */
  #heldSince: string | undefined;
  /** When it was kept last what was judged; undefined before the first time. */
  #keptAtMs: number | undefined;

  constructor(means: VerifierRoleMeans, context: RoleContext, watch: ViolationWatch) {
    const { workspace, arrivals } = means;
    const { fence, signal } = context;
    this.#means = means;
    this.#context = context;
    this.#watch = watch;
    this.#ledger = fence === undefined ? workspace.ledger : fencedLedger(workspace.ledger, fence, arrivals);
    this.#begun = arrivals.seq;
    this.#wake = new Wake(workspace.clock, signal).by(arrivals, { subjects, done: () => this.#done });
  }

  async run(): Promise<void> {
    const { signal, log } = this.#context;
    let isBegun = false;
    while (!signal.aborted) {
      const looked = this.#means.arrivals.seq;
      const held = await this.#catchUp();
      if (isOver(signal)) return;
      // What was kept from before is not among them: so one sees what the start cost, and whether it was of use.
      if (!isBegun) {
        const words = held === undefined ? 'has judged the ledger' : 'has judged the ledger up to its clock';
        log.info({ seq: this.#watch.judged.seq, entries: this.#entries, ...defined({ held }) }, words);
      }
      isBegun = true;
      const due = this.#watch.due();
      if (due !== undefined) await this.#record(due);
      this.#tell(looked, held);
      if (due === undefined && held === undefined) this.#keep();
      // What came meanwhile is judged before anything else is recorded, and what was recorded is read again with it.
      if (due === undefined || held !== undefined) await this.#wake.sleep(this.#sleepMs(held));
    }
  }

  async #catchUp(): Promise<WatchHeld | undefined> {
    const { workspace, verdicts } = this.#means;
    const { clock } = workspace;
    const held = await this.#watch.catchUp(this.#ledger, {
      clock,
      signal: this.#context.signal,
      onJudged: ({ entries, last, recordedAt }) => {
        this.#entries += entries.length;
        if (last > this.#begun)
          verdicts?.noteLatency(Math.max(0, Date.parse(clock.now()) - Date.parse(recordedAt)) / 1_000);
      },
    });
    verdicts?.noteJudged(this.#watch.judged);
    return held;
  }

  /** Where others recorded something meanwhile, what is to be recorded may be something else, and nothing is. */
  async #record({ events, conditions }: Recording): Promise<void> {
    const { actor, verdicts } = this.#means;
    const { log } = this.#context;
    try {
      await this.#ledger.append({ events: events.map(draftOf), actor, conditions });
    } catch (fault) {
      if (!(fault instanceof Conflict)) throw fault;
      log.debug({ err: fault }, 'others were faster, and what was found is looked at again');
      return;
    }
    for (const { type, data } of events) {
      verdicts?.noteRecorded(type === 'IsolationViolated' ? 'violated' : 'restored');
      if (type === 'IsolationViolated') log.error({ violation: data }, 'isolation is violated');
      else if (data.closedBy === null) log.warn({ violation: data }, 'judged anew, it is no violation');
      else log.info({ violation: data }, 'isolation is restored');
    }
  }

  /** As soon as everything is judged, and from time to time after that. */
  #keep(): void {
    const atMs = this.#means.workspace.clock.elapsedMs();
    if (this.#keptAtMs !== undefined && atMs - this.#keptAtMs < keepMs) return;
    this.#keptAtMs = atMs;
    this.#watch.keep();
  }

  #tell(looked: number, held: WatchHeld | undefined): void {
    const { seq } = this.#watch.judged;
    if (held === undefined) {
      this.#heldSince = undefined;
      this.#done = Math.max(seq, looked);
      this.#context.tell({ seq: this.#done });
      return;
    }
    this.#done = seq;
    this.#heldSince ??= this.#now();
    const what = `the clock: entry ${String(held.seq)} is of ${held.recordedAt}, and until then nobody can tell what is late`;
    this.#context.tell({ seq, behind: held.seq - seq, waitsFor: { what, since: this.#heldSince } });
  }

  #now(): string {
    return this.#means.workspace.clock.now();
  }

  #sleepMs(held: WatchHeld | undefined): number {
    const { next } = this.#watch;
    const inMs =
      next === undefined || held !== undefined ? sleepMsMax : Date.parse(next) - Date.parse(this.#now());
    return Math.min(Math.max(inMs, 1), sleepMsMax);
  }
}

/** Asked in a function, since the compiler takes the signal for unchanged while something is waited for. */
function isOver({ aborted }: AbortSignal): boolean {
  return aborted;
}
