import type { Actor } from '../../../events/entry.ts';
import type { Shard } from '../../../events/estate.ts';
import type { Ledger } from '../../ledger/port.ts';
import type { OverlayDriver } from '../../overlay/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { HeldTurn } from '../../runtime/turns.ts';
import type { PastState, TakingAway } from '../plan/course.ts';
import type { Progress } from './drive-hosts.ts';

/** What the applier of one shard works with. It alone may drive the shard: the caller holds the shard's role. */
export interface ApplierContext {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: Actor;
  /** The driver of the shard, by the hosts that an estate has. */
  readonly driverOn: (estate: Estate) => OverlayDriver;
  readonly shard: Shard;
  /** See Driving. */
  readonly reported: Pick<Set<string>, 'has' | 'add'>;
  /** `hosts`: every host is read whole, once. `marks`: only where its mark is not what it should be. */
  readonly reads: 'hosts' | 'marks';
  /** By host, when it was seen whole. See Driving. */
  readonly seen: Map<string, string>;
  /** Of the estate, which others may move on while a host is waited for. */
  readonly turn: HeldTurn;
  readonly only?: TakingAway | undefined;
  /** A past state to drive the shard to instead of the present one, though the shard is held. */
  readonly past?: PastState | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}
