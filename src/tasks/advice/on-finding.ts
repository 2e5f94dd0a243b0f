import type { Retention } from '../../ledger/store.ts';
import type { LedgerPlace } from './ledger-place.ts';

/** The step of doctor in which a fault came. */
export type Doing =
  'reading the configuration' | 'asking a server' | 'opening the ledger' | 'reading a host' | 'looking';

/** Advice on a fault whose class alone does not say what to do (see adviceOn). */
export function adviceWhile(doing: Doing, { kind }: LedgerPlace): string {
  switch (doing) {
    case 'reading the configuration':
      return 'mend --ledger, --config, or what the environment says';
    case 'asking a server':
      return 'mend it on the server, or in its URL (--ledger, ISOLEDGER_LEDGER or the configuration); infra/eventstoredb/README.md says how a server is run';
    case 'opening the ledger':
      return cannotOpen[kind];
    case 'reading a host':
      return 'see the host, and whether --ledger names the right ledger';
    case 'looking':
      return 'as it says';
  }
}

const cannotOpen = {
  file: 'see whether --ledger names the right file; if it was the ledger, move it away and put a backup there (isoledger ledger restore FILE)',
  server: 'mend it on the server, or in its URL; infra/eventstoredb/README.md says how a server is run',
} as const satisfies Record<LedgerPlace['kind'], string>;

/** Advice on a host that holds other objects than it should, and takes the plans of this ledger. */
export const driveIt = 'isoledger sync drives it there';

/** Advice on a host beside whose objects others put something that decides, and that no change of ours takes away. */
export const letOthersGo =
  'find out who put it there, and have it taken away there: no command of isoledger does that; then isoledger sync drives the host';

/** Advice on a host that says itself what a person has to do. */
export function mendAndDrive(mend: string): string {
  return `${mend}; then isoledger sync drives the host`;
}

/** Advice on a retired host that may still hold objects. */
export const emptyIt =
  'isoledger sync empties it once it can be reached; until then see that the machine itself is off, or its ports are cut; where it is off for good, or never was, isoledger gone HOST --reason TEXT says so';

/** Advice on a host that is taken to hold nothing on a person's word. */
export const vouchedFor =
  'see that it is off for good, or that its switch is empty: nothing else can tell; where it is there after all, isoledger gone HOST --shard SHARD --back --reason TEXT says so as long as a document declares it, and else a document that declares it again does';

/** The same on a shard that is held: there only a quarantine empties it. */
export const emptyLater =
  'isoledger sync empties it once the shard is resumed (isoledger rebuild --shard SHARD --resume); until then see that the machine itself is off, or its ports are cut';

/** Advice on a host that holds a plan that its ledger does not know. A driver refuses it with Fenced. */
export const hostAhead =
  'if this is an older copy of the ledger, put the ledger itself or a later backup back (isoledger ledger restore FILE, where this one was moved away); if not, somebody changed the host: clear it (an embedded one: remove its file), since it refuses the plans of this ledger, and isoledger sync drives it anew';

/** Advice on something in the place of hosts that is that of none. */
export const removeStray =
  'find out who put it there, and remove it: no host of this ledger is kept there, and nothing drives it';

/** Advice on a host that is not able to do all that may be asked of it. */
export const giveItMeans = 'give the host what it lacks, or place elsewhere what needs it';

/** Advice on something at a host that is not ours, and in nobody's way. */
export const leaveIt =
  'isoledger leaves it as it is; find out who put it there, and whether it is still needed';

/** Advice on a place that cannot be looked into, where the fault says why. */
export const mendOrAskAsAnother = 'mend that, or ask as an account that may read there';

/** Advice on a ledger that the machine keeps this process from. */
export const askOnceMended =
  'mend that, or ask as an account that may read it: nothing tells that the ledger is damaged, so leave it where it is';

/** Advice on a ledger that cannot be used as it lies there, where the fault says what to do. */
export const asTold = 'as it says: nothing tells that the ledger is damaged, so put no backup in its place';

/** Advice on a server with a setting that lets it give up entries. Reading such a ledger may throw LedgerForked. */
export function adviceOnRetentions(retentions: readonly Retention[]): string {
  return retentions.some(({ isFinal }) => isFinal)
    ? 'nothing takes a deletion for good back: infra/eventstoredb/README.md says under Restore what a backup can do; find out who it was'
    : 'an admin takes it away with infra/eventstoredb/protect.ts, before a scavenge runs; the next run of this command shows whether all entries are there; find out who it was';
}

/** Advice on a place without a ledger, where files are left that followed from one. */
export function adviceOnRemains(derived: string): string {
  return `put it back (isoledger ledger restore FILE); to begin anew on purpose, move that and ${derived} away`;
}
