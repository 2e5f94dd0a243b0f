import type { Endpoint } from './rpc-error.ts';

/** What befalls an append; in a batch append, one of its requests. */
export type AppendFault =
  /** The connection drops and nothing was written. */
  | { readonly kind: 'not-done' }
  /** It was written, and the connection drops before the answer. */
  | { readonly kind: 'done-but-dropped' }
  /** The server gives up, written or not, and says so after so many milliseconds, or never answers. */
  | { readonly kind: 'deadline'; readonly written: boolean; readonly after: number | 'never' }
  /** The server takes itself for a follower of `leader`; of itself if left out. The call ends, so a batch call with all of its requests. */
  | { readonly kind: 'wrong-leader'; readonly leader?: Endpoint }
  /** The call ends as when a balancer in between finds no server. */
  | { readonly kind: 'unavailable' }
  /** As the server itself says it while it starts: within a batch call, an answer to the one request. */
  | { readonly kind: 'not-ready' }
  /** It is decided and written only after so many milliseconds. */
  | { readonly kind: 'slow'; readonly milliseconds: number };

export type ReadFault =
  /** The connection drops after so many events were sent; the reader may see fewer. */
  { readonly kind: 'dropped-midway'; readonly after: number } | { readonly kind: 'unavailable' };

export type SubscriptionFault =
  | { readonly kind: 'dropped'; readonly after: number }
  /** What servers before 24.2 tell a subscriber that reads too slowly; later ones send `fellBehind`. */
  | { readonly kind: 'slow-consumer-drop'; readonly after: number }
  | { readonly kind: 'unavailable' };

/** What goes wrong, in order: each is used up by the next call of its kind. */
export class FaultScript {
  readonly append: AppendFault[] = [];
  readonly read: ReadFault[] = [];
  readonly subscription: SubscriptionFault[] = [];

  /** Forgets what has not happened yet. */
  clear(): void {
    for (const faults of [this.append, this.read, this.subscription]) faults.length = 0;
  }
}
