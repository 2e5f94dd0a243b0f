/** The process that holds a role: its id, its machine, and since when (UTC with milliseconds). */
export interface RoleHolder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/** A process that had a role, and let it run out: it may stand still. */
export interface LapsedHolder {
  readonly pid: number;
  readonly host: string;
  /** When another process took the role from it. */
  readonly at: string;
}

/** A role in hand. */
export interface HeldRole {
  /** Gives the role back. A second call does nothing. */
  readonly release: () => Promise<void>;
  /** Aborts once it may be another's. Left out where a role is lost only by the end of the process. */
  readonly lost?: AbortSignal;
  /** Those who let it run out, the last of them at the end. Left out where a role is lost only by the end of the process. */
  readonly lapsed?: readonly LapsedHolder[];
}

/** A role that was taken at some time, whether it is held now, and the name that its last holder left. */
export interface RoleState {
  readonly role: string;
  /** Undefined for whoever may only read: whether it is held can then not be tried. */
  readonly held: boolean | undefined;
  /** For a free role, a holder that ended without giving it back. */
  readonly holder: RoleHolder | undefined;
}

/**
 * Who may act as what on one ledger. A role is a word, or a word with a name: `verifier`, `applier/east`.
 *
 * Guarantees of every adapter (the contract suite in test/contract checks them):
 * - Exclusive: one process at a time holds a role.
 * - Freed by the end of its holder, kill -9 included: nobody has to clean up. A lease is free once it has run out.
 * - No fence: a process that was paused may go on as if it still held the role. The conditions of its appends and the
 *   numbers of its plans keep it from doing harm, not the role.
 * - Who retries: the caller.
 */
export interface Roles {
  /**
   * Takes a role until it is released. Throws RoleHeld, which names the holder; RolesUnavailable; a RangeError for a role
   * that is spelt otherwise.
   */
  hold(role: string): Promise<HeldRole>;
  /** The roles that were ever taken, by name. Writes nothing. Throws RolesUnavailable where one cannot be looked at. */
  states(): Promise<readonly RoleState[]>;
}
