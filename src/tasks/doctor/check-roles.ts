import type { Examination } from '../examination.ts';
import { mendOrAskAsAnother } from '../advice/on-finding.ts';
import { fail, faultIn, ok, warn, type Check } from './check.ts';

/** Checks of roles: the holder of each, and holders that ended without letting go. */
export async function checkRoles({ roles }: Examination): Promise<Check[]> {
  try {
    return (await roles()).map(({ role, held, holder }) => {
      const name = `role ${role}`;
      const who =
        holder === undefined
          ? 'a process that left no name'
          : `process ${String(holder.pid)} on ${holder.host}, since ${holder.since}`;
      if (held === undefined)
        return ok(
          name,
          holder === undefined
            ? 'nobody left a name there; this account cannot see whether it is held'
            : `last taken by ${who}; this account cannot see whether it is held`,
        );
      if (held && holder === undefined)
        return warn(
          name,
          `held by ${who}`,
          `see which process has ${role}.lock open (lslocks, fuser), and end it`,
        );
      if (held) return ok(name, `held by ${who}`);
      if (holder === undefined) return ok(name, 'free');
      return warn(name, `free, but ${who}, ended in the middle of its work`, adviceOnLeft(role));
    });
  } catch (error) {
    const { detail, category } = faultIn(error);
    return [fail('roles', detail, { advice: mendOrAskAsAnother, category })];
  }
}

/** Who finishes what the holder of a role left undone, in words. The name that it left goes with the next holder. */
function adviceOnLeft(role: string): string {
  if (role.startsWith('applier/')) return 'isoledger sync finishes what it left undone';
  const next = 'isoledger serve takes it again, and its note goes with that';
  if (role === 'clock') return `nothing is lost: each command that writes records time bounds; ${next}`;
  if (role === 'verifier')
    return `nothing is lost: what it did not record is recorded by whoever takes it; ${next}`;
  return `nothing is lost: what is not delivered yet waits; ${next}`;
}
