import type { Metadata } from '@grpc/grpc-js';
import type { EventLog } from './event-log.ts';
import type { FaultScript } from './faults.ts';
import type { Endpoint, RpcError } from './rpc-error.ts';

/** A member of the cluster, as gossip tells of it. */
export interface MemberState extends Endpoint {
  readonly instanceId: string;
  readonly alive: boolean;
  readonly leading: boolean;
}

/** The part of a call that its guards look at. */
export interface AnyCall {
  readonly metadata: Metadata;
  getPeer(): string;
}

export type Access = 'read' | 'write' | 'delete';

/** What the services of one server share. */
export interface ServerContext {
  readonly log: EventLog;
  readonly faults: FaultScript;
  readonly endpoint: Endpoint;
  readonly appendBytesMax: number;
  /** Aborts when the server stops or is killed: from then on nothing is written or answered. */
  readonly stopped: AbortSignal;
  members(): readonly MemberState[];
  /** Why this member may not serve the call: another one leads. */
  refuseAsFollower(call: AnyCall, access: Access): RpcError | undefined;
  refuseAccess(call: AnyCall, stream: string, access: Access): RpcError | undefined;
  /** Drops the connection that the call came over, and with it all other calls on it. */
  drop(call: AnyCall): void;
}
