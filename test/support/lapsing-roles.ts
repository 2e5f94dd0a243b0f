import { RoleHeld } from '../../src/roles/faults.ts';
import type { RoleHolder, Roles } from '../../src/roles/port.ts';

/** Roles as leases give them: one that lapses is another's to take, and a holder that stands still does not know. */
export class LapsingRoles {
  readonly #holders = new Map<string, { readonly holder: RoleHolder; readonly token: symbol }>();

  as(pid: number): Roles['hold'] {
    const holder = { pid, host: 'control-1', since: '2026-03-01T12:00:00.000Z' };
    return (role) =>
      Promise.try(() => {
        const other = this.#holders.get(role);
        if (other !== undefined) throw new RoleHeld(role, other.holder);
        const token = Symbol(role);
        this.#holders.set(role, { holder, token });
        const release = (): Promise<void> => {
          if (this.#holders.get(role)?.token === token) this.#holders.delete(role);
          return Promise.resolve();
        };
        return { release };
      });
  }

  /** Every role is free from here on. */
  lapse(): void {
    this.#holders.clear();
  }
}
