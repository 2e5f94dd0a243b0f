import { z } from 'zod';
import type { Entry } from '../../../events/entry.ts';
import { violationKey } from '../../../events/verification.ts';
import type { AppendRequest } from '../../../src/ledger/port.ts';
import type { HeldRole } from '../../../src/roles/port.ts';
import { Broken } from '../failures.ts';
import type { ServerLife } from './server-life.ts';

/** A process, as the ledger names it. */
interface NamedProcess {
  readonly host: string;
  readonly pid: number;
}

/** A role that a server has, by its own account. */
interface RoleInHand {
  readonly life: ServerLife;
  readonly held: HeldRole;
  readonly pid: number;
  isReleased: boolean;
}

const taken = z.looseObject({
  role: z.string(),
  holder: z.object({ host: z.string(), pid: z.int() }),
  term: z.int(),
});
const ofShard = z.looseObject({ shard: z.string() });
const lease = z.looseObject({ pid: z.int(), held: z.boolean() });

const ofClock: readonly string[] = ['GrantOpened', 'GrantLapsed', 'StateKept'];

const ofVerifier: readonly string[] = ['IsolationViolated', 'IsolationRestored'];

/** The role as which an event is recorded. */
function roleOf(type: string, data: object): string | undefined {
  if (type === 'RoleTaken') return undefined;
  if (ofVerifier.includes(type)) return 'verifier';
  return ofClock.includes(type) ? 'clock' : `applier/${ofShard.parse(data).shard}`;
}

/** Who has which role, by the ledger and by the leases, and whether others act as it. */
export class RoleWatch {
  readonly #holders = new Map<string, NamedProcess>();
  readonly #terms = new Map<string, number>();
  readonly #said = new Set<string>();
  readonly #inHand = new Map<string, RoleInHand>();
  readonly #leaseMs: number;

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** Looks at what a server appended. Throws Broken where it may not. */
  appended({ events }: AppendRequest, by: NamedProcess): void {
    for (const { type, data } of events) {
      if (type === 'RoleTaken') this.#take(data, by);
      this.#requireHolder(type, { data, by });
    }
  }

  /** Takes note of an entry, in order. Throws Broken where it says what was said before, and is none since. */
  took({ type, data, batch }: Entry): void {
    if (type === 'ChangePlanned' && batch.index === 0)
      once(this.#said, `plan ${String(data.plan)} of ${data.shard}`);
    if (type === 'ChangeApplied') {
      const { shard, host, plan } = data;
      once(this.#said, `plan ${String(plan)} acknowledged by ${host} of ${shard}`);
    }
    if (type === 'IsolationViolated') once(this.#said, `violation ${violationKey(data)}`);
    if (type === 'IsolationRestored') once(this.#said, `end of violation ${String(data.violation)}`);
    // Whoever did not take a plan, or was found not to hold it, acknowledges it once more; and so does a host that comes anew.
    if (
      type === 'ChangeFailed' ||
      type === 'DriftDetected' ||
      type === 'HostRegistered' ||
      type === 'HostChanged'
    )
      this.#forget(`acknowledged by ${data.host} of ${data.shard}`);
  }

  #forget(ending: string): void {
    for (const said of this.#said) if (said.endsWith(ending)) this.#said.delete(said);
  }

  /** A server got a role. */
  got(role: string, inHand: Omit<RoleInHand, 'isReleased'>): RoleInHand {
    const own = { ...inHand, isReleased: false };
    this.#inHand.set(role, own);
    return own;
  }

  /** Hears of the text that a lease has from here on. Throws Broken where another server has the role, and goes on with it. */
  leased(role: string, text: string): void {
    const { pid, held } = lease.parse(JSON.parse(text));
    const before = this.#inHand.get(role);
    if (!held || before === undefined || before.pid === pid) return;
    const isDone = before.isReleased || before.held.lost?.aborted === true;
    if (!isDone && before.life.wasAwakeFor(this.#leaseMs))
      throw new Broken(
        `process ${String(pid)} takes ${role}, and process ${String(before.pid)} has it still`,
      );
  }

  #take(data: object, by: NamedProcess): void {
    const { role, holder, term } = taken.parse(data);
    if (holder.pid !== by.pid || holder.host !== by.host)
      throw new Broken(`${role} is taken in another's name`);
    const before = this.#terms.get(role) ?? 0;
    if (term !== before + 1)
      throw new Broken(`${role} is taken for the time ${String(term)}, after ${String(before)}`);
    this.#terms.set(role, term);
    this.#holders.set(role, by);
  }

  #requireHolder(type: string, { data, by }: { data: object; by: NamedProcess }): void {
    const role = roleOf(type, data);
    const holder = role === undefined ? undefined : this.#holders.get(role);
    if (role !== undefined && holder?.pid !== by.pid)
      throw new Broken(
        `process ${String(by.pid)} appended ${type} as ${role}, which process ${String(holder?.pid)} has taken`,
      );
  }
}

function once(seen: Set<string>, what: string): void {
  if (seen.has(what)) throw new Broken(`${what}: appended twice`);
  seen.add(what);
}
