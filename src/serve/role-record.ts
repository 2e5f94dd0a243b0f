import { decodeEntry } from '../../events/codec/decode.ts';
import { draftOf } from '../../events/draft.ts';
import type { Actor } from '../../events/entry.ts';
import { roleSubject } from '../../events/service.ts';
import { Conflict } from '../ledger/faults.ts';
import type { Condition, Ledger } from '../ledger/port.ts';
import { foundText } from '../runtime/found-text.ts';

/** The most characters of a machine's name. */
const hostMax = 255;

/** Records in the ledger that this process takes roles: see RoleTaken. */
export class RoleRecord {
  readonly #ledger: Ledger;
  readonly #actor: Actor;
  readonly #holder: { readonly host: string; readonly pid: number };
  /** How often each role was taken, up to the last entry that was looked at. */
  readonly #terms = new Map<string, number>();
  #seen = -1;
  /** By role, the term in which this process took it last. */
  readonly #own = new Map<string, number>();
  /** Roles that are taken at once look through the ledger once. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(of: { ledger: Ledger; actor: Actor; holder: { host: string; pid: number } }) {
    this.#ledger = of.ledger;
    this.#actor = of.actor;
    const { host, pid } = of.holder;
    this.#holder = { host: foundText(host, hostMax), pid };
  }

  /**
   * Records that this process has a role, and returns what holds until another one takes it. Throws Conflict where another one
   * does at the same time, and what reading and appending throw. `isAgain`: this process had it before, and whatever it did then is
   * over: nothing is recorded where nobody took it since, so that a role that fails again and again fills no ledger.
   */
  take(role: string, { isAgain = false }: { isAgain?: boolean } = {}): Promise<Condition> {
    const taking = this.#last.then(() => this.#take(role, isAgain));
    this.#last = taking.catch(() => undefined);
    return taking;
  }

  async #take(role: string, isAgain: boolean): Promise<Condition> {
    await this.#catchUp();
    const subjects = [roleSubject(role)];
    const before = this.#terms.get(role) ?? 0;
    if (isAgain && this.#own.get(role) === before) return { subjects, unchangedSince: this.#seen };
    const term = before + 1;
    const data = { role, holder: this.#holder, term };
    const { last } = await this.#ledger.append({
      events: [draftOf({ type: 'RoleTaken', data })],
      actor: this.#actor,
      conditions: [{ subjects, unchangedSince: this.#seen }],
    });
    this.#own.set(role, term);
    return { subjects, unchangedSince: last };
  }

  async #catchUp(): Promise<void> {
    const { size } = await this.#ledger.head();
    const range = { after: this.#seen, to: size - 1, filter: { subjects: ['role'] } };
    for await (const stored of this.#ledger.read(range)) {
      const entry = decodeEntry(stored);
      if (entry.type === 'RoleTaken') this.#terms.set(entry.data.role, entry.data.term);
    }
    this.#seen = size - 1;
  }
}

/** True of the fault of an append that another process was faster to take the role. */
export function isRoleConflict(fault: unknown, role: string): boolean {
  return fault instanceof Conflict && fault.subject === roleSubject(role);
}
