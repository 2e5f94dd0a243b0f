import { RoleHeld } from '../../src/roles/faults.ts';
import type { HeldRole, RoleHolder, Roles, RoleState } from '../../src/roles/port.ts';
import type { SecondRoles } from '../../src/roles/in-both.ts';
import { requireRoleName } from '../../src/roles/role-name.ts';

/** The roles on a ledger, held by nothing but memory. */
export class MemoryRoles {
  readonly #taken = new Set<string>();
  readonly #holders = new Map<string, RoleHolder>();

  /** The roles as one process has them. */
  as(holder: RoleHolder): SecondRoles & Roles {
    return {
      hold: (role) => Promise.try(() => this.#hold(role, holder)),
      stateOf: (role) => Promise.resolve(this.#stateOf(role)),
      states: () => Promise.resolve([...this.#taken].sort().map((role) => this.#stateOf(role))),
    };
  }

  #hold(role: string, holder: RoleHolder): HeldRole {
    requireRoleName(role);
    const other = this.#holders.get(role);
    if (other !== undefined) throw new RoleHeld(role, other);
    this.#taken.add(role);
    this.#holders.set(role, holder);
    let isHeld = true;
    return {
      release: () => {
        if (isHeld) this.#holders.delete(role);
        isHeld = false;
        return Promise.resolve();
      },
    };
  }

  #stateOf(role: string): RoleState {
    const holder = this.#holders.get(role);
    return { role, held: holder !== undefined, holder };
  }
}
