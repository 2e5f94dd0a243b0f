import type { OverlayObject } from '../../../events/overlay-objects.ts';
import type { OverlayDriver, OverlayProbe } from '../../../src/overlay/port.ts';
import type { DriverFault } from '../../doubles/memory-overlay.ts';

/** A host, as a shard has it. */
export interface HostPlace {
  readonly shard: string;
  readonly host: string;
}

/**
 * An overlay of the adapter under test: what the product uses of it, and what a test does to its hosts from outside.
 * Every driver and probe of one overlay reaches the same hosts.
 */
export interface OverlayUnderTest {
  driver(of: { ledger: string; shard: string }): OverlayDriver;
  probe(of: { ledger: string }): OverlayProbe;
  /** The next change of a host of the shard fails: before anything is persisted, or after everything is. */
  failNext(shard: string, fault: DriverFault): void;
  /** Lets a host be neither read nor written, until the function that is returned is called. */
  cutOff(at: HostPlace): () => void;
  /** Damages what a host holds, so that nothing in it can be relied upon. */
  spoil(at: HostPlace): void;
  /** Leaves at a host what a machine leaves that stops in the middle of a change. */
  tear(at: HostPlace): void;
  /** Puts something behind all that a host holds that is neither an object nor a change. */
  litter(at: HostPlace): void;
  /** Takes one object away from a host behind the driver's back. The mark stays. */
  takeAway(at: HostPlace, object: OverlayObject): void;
  /** Puts one object to a host behind the driver's back, in place of the one of its key if there is one. The mark stays. */
  slipIn(at: HostPlace, object: OverlayObject): void;
  /**
   * Whether a host shows any difference between two sets. One that holds only what concerns it may not: then no test can take
   * that difference away from it, or slip it in.
   */
  tells(at: HostPlace, sets: { before: readonly OverlayObject[]; after: readonly OverlayObject[] }): boolean;
  /** How much drivers have read and written at hosts so far, in a unit of the adapter's own. */
  work(): number;
}

/** Opens an overlay of the adapter under test, whose hosts hold nothing. */
export type OpenOverlay = () => OverlayUnderTest;
