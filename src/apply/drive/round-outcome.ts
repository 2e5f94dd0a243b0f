import type { Hold } from '../../../projections/applied/applied.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import type { HostRefusal, Outcome } from './drive-host.ts';
import type { ToldDrift } from './read-hosts.ts';

/** The outcome of one round. `settled`: every host holds its objects, as far as was asked, unless it refuses them. */
export interface Round {
  readonly estate: Projected<Estate>;
  readonly driven: readonly string[];
  /** Hosts that were retired and now hold nothing. */
  readonly cleared: readonly string[];
  /** Hosts that did not take the plan, with the reason in words. */
  readonly absent: ReadonlyMap<string, string>;
  /** Hosts that refuse what they are given: no waiting cures that. */
  readonly refused: ReadonlyMap<string, HostRefusal>;
  /** Hosts that were found to hold something else than they had acknowledged. */
  readonly drifted: readonly ToldDrift[];
  /** The past state that the shard is held at: then nothing but quarantine was planned. */
  readonly held: Hold | undefined;
  readonly settled: boolean;
}

/** What hosts have come to in a round so far. */
export class HostOutcomes {
  readonly driven = new Set<string>();
  readonly cleared = new Set<string>();
  readonly absent = new Map<string, string>();
  readonly refused = new Map<string, HostRefusal>();

  /** Only the last outcome of a host counts. `came`: what becomes of one that was driven. */
  note(host: string, outcome: Outcome, came: 'driven' | 'cleared'): void {
    this.absent.delete(host);
    this.refused.delete(host);
    if (outcome.kind === 'driven') this[came].add(host);
    if (outcome.kind === 'away') this.absent.set(host, outcome.problem);
    if (outcome.kind === 'refused') this.refused.set(host, outcome.fault);
  }
}
