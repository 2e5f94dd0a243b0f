import type { Kinds } from '../../events/catalogue.ts';
import type { Entry } from '../../events/entry.ts';
import type { Membership } from '../../projections/isolation/documents/departures.ts';
import { hostKey } from '../../projections/isolation/documents/host-documents.ts';
import { originOf, type Origin } from './origins.ts';

/** A shard's last plan: its number, the seq whose estate it carries out, and the event that recorded it. */
export interface LastPlan {
  readonly plan: number;
  readonly basis: number;
  readonly origin: Origin;
}

/** The plan that a host acknowledged last. */
export interface LastAcknowledged {
  readonly plan: number;
  readonly origin: Origin;
}

/** A plan that a host did not take, and the reason. */
export interface LastFailure extends LastAcknowledged {
  readonly problem: string;
}

/** The kinds of events that record no plan, no host's answer to a plan, no drift, and no hold. */
type LeftAlone = Kinds<
  // What a program kept of the entries is no entry about the estate.
  | 'StateKept'
  // Who works in the service is no entry about the estate.
  | 'RoleTaken'
  | 'EntrySkipped'
  // What the verifier found changes nothing by itself.
  | 'IsolationViolated'
  | 'IsolationRestored'
  | 'IsolationAttested'
  // What hosts dropped is no answer to a plan, nor is what is done there by hand.
  | 'BypassOpened'
  | 'BypassClosed'
  | 'BypassSettled'
  | 'DropsObserved'
  // What was put right shows in the sets that a host may hold.
  | 'DriftCorrected'
  // The origins of documents, and of decisions on them, are kept elsewhere.
  | 'ShardRegistered'
  | 'ShardChanged'
  | 'ShardRetired'
  | 'HostRegistered'
  | 'HostChanged'
  | 'HostRetired'
  | 'ExternalRegistered'
  | 'ExternalChanged'
  | 'ExternalRetired'
  | 'TenantRegistered'
  | 'TenantChanged'
  | 'TenantPlaced'
  | 'TenantMoved'
  | 'TenantQuarantined'
  | 'TenantReleased'
  | 'SegmentQuarantined'
  | 'SegmentReleased'
  | 'ExternalQuarantined'
  | 'ExternalReleased'
  | 'TenantRetired'
  | 'VniReleased'
  | 'VniAllocated'
  | 'EndpointsChanged'
  | 'PolicyEnacted'
  | 'PolicyRevoked'
  | 'GrantOpened'
  | 'GrantLapsed'
>;

/** The last records of shards and hosts: plans, acknowledgements, refusals, drifts and holds, each with its event. */
export class OverlayRecord {
  readonly #plans = new Map<string, LastPlan>();
  /** By hostKey. */
  readonly #acknowledged = new Map<string, LastAcknowledged>();
  readonly #failures = new Map<string, LastFailure>();
  readonly #drifts = new Map<string, Origin>();
  readonly #holds = new Map<string, Origin>();

  take(entry: Entry): void {
    switch (entry.type) {
      case 'ChangePlanned': {
        const { shard, plan, basis } = entry.data;
        this.#plans.set(shard, { plan, basis, origin: originOf(entry) });
        break;
      }
      case 'ChangeApplied':
        this.#acknowledged.set(hostKey(entry.data), { plan: entry.data.plan, origin: originOf(entry) });
        this.#failures.delete(hostKey(entry.data));
        break;
      case 'ChangeFailed': {
        const { plan, problem } = entry.data;
        this.#failures.set(hostKey(entry.data), { plan, problem, origin: originOf(entry) });
        break;
      }
      case 'DriftDetected':
        // What nobody could read is not told: the host may hold what it was found to hold before.
        if (entry.data.found !== 'unreadable') this.#drifts.set(hostKey(entry.data), originOf(entry));
        break;
      case 'HostCleared':
      case 'HostGone':
        this.#acknowledged.delete(hostKey(entry.data));
        this.#failures.delete(hostKey(entry.data));
        break;
      case 'ShardHeld':
        this.#holds.set(entry.data.shard, originOf(entry));
        break;
      case 'ShardResumed':
        this.#holds.delete(entry.data.shard);
        break;
      default:
        entry.type satisfies LeftAlone;
    }
  }

  plan(shard: string): LastPlan | undefined {
    return this.#plans.get(shard);
  }

  acknowledged(host: Membership): LastAcknowledged | undefined {
    return this.#acknowledged.get(hostKey(host));
  }

  /** A refusal that no acknowledgement has followed. */
  failure(host: Membership): LastFailure | undefined {
    return this.#failures.get(hostKey(host));
  }

  /** The event that found last what a host holds instead of what it acknowledged. */
  drift(host: Membership): Origin | undefined {
    return this.#drifts.get(hostKey(host));
  }

  /** The event that put the shard on hold. */
  hold(shard: string): Origin | undefined {
    return this.#holds.get(shard);
  }
}
