import type { Actor } from '../../events/entry.ts';
import { passTime } from '../apply/record/pass-time.ts';
import { keepEstate, loadEstate, type Workspace } from '../tasks/workspace.ts';
import { Wake, type Arrivals } from './arrivals.ts';
import { fencedLedger } from './fenced-ledger.ts';
import type { RoleContext, ServeRole } from './role.ts';

/**
 * The longest sleep, in milliseconds. The clock may be set, and a machine may stand still: a bound is recorded this much late then.
 */
const sleepMsMax = 1_000;

/** The subjects of entries that bring bounds. */
const subjects = ['tenant', 'external'];

export interface ClockRoleMeans {
  readonly workspace: Workspace;
  readonly actor: Actor;
  readonly arrivals: Arrivals;
}

/** Records the time bounds of rules as they pass, and keeps what the entries come to for whoever begins later. */
export function clockRole(means: ClockRoleMeans): ServeRole {
  return { name: 'clock', needsLease: true, follows: subjects, run: (context) => run(means, context) };
}

async function run(
  { workspace, actor, arrivals }: ClockRoleMeans,
  { signal, tell, fence }: RoleContext,
): Promise<void> {
  const { clock } = workspace;
  const ledger = fence === undefined ? workspace.ledger : fencedLedger(workspace.ledger, fence, arrivals);
  const own = { ...workspace, ledger };
  let estate = await loadEstate(own);
  const done = (): number => estate.cursor.size - 1;
  const wake = new Wake(clock, signal).by(arrivals, { subjects, done: () => seen });
  let seen = done();
  while (!signal.aborted) {
    const looked = arrivals.seq;
    estate = await passTime({ ledger, clock, actor }, estate);
    if (estate.isWorthKeeping) await keepEstate(own, estate, actor);
    seen = done();
    tell({ seq: Math.max(seen, looked) });
    const next = estate.state.bounds.instants.at(0);
    const inMs = next === undefined ? sleepMsMax : Date.parse(next) - Date.parse(clock.now());
    await wake.sleep(Math.min(Math.max(inMs, 1), sleepMsMax));
  }
}
