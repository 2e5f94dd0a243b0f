import { Server, ServerCredentials } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { refuseAccess } from './access.ts';
import type { Users } from './access.ts';
import { appendCall } from './append-call.ts';
import { batchAppendCall } from './batch-append-call.ts';
import { Connections } from './connections.ts';
import { deleteCall, tombstoneCall } from './delete-call.ts';
import type { EventLog } from './event-log.ts';
import { FaultScript } from './faults.ts';
import { gossipCall, supportedMethodsCall } from './information-calls.ts';
import { featureServices, gossipServices, streamServices } from './protocol.ts';
import { readCall } from './read-call.ts';
import { notLeader, unavailable } from './rpc-error.ts';
import type { Endpoint, RpcError } from './rpc-error.ts';
import type { Access, AnyCall, MemberState, ServerContext } from './server-context.ts';

export interface TlsOptions {
  /** PEM texts. */
  readonly key: string;
  readonly certificate: string;
  /** Of clients, which then need a certificate of their own. */
  readonly authority?: string;
}

export interface MemberOptions {
  /** 0, or nothing, for a free one. */
  readonly port?: number;
  /** Of one append, types and metadata included; what the real server allows by default, if left out. */
  readonly appendBytesMax?: number;
  /** Without it the server speaks unencrypted, where the client sends no credentials. */
  readonly tls?: TlsOptions;
  readonly users?: Users;
}

/** How the members of a cluster stand to each other. */
export interface Standing {
  members(): readonly MemberState[];
  /** `undefined` while there is none. */
  leader(): MemberState | undefined;
  /** What a follower does with a write that does not ask for the leader. */
  readonly followers: 'refuse' | 'forward';
}

/** Where it listens; no other machine reaches it. */
const loopback = '127.0.0.1';
/** Node.js refuses an address as the name of a server in TLS. */
const hostOf = ({ tls }: MemberOptions): string => (tls === undefined ? loopback : 'localhost');
const appendBytesMaxDefault = 1_048_576;
/** Room for the largest event that the real server reads in one message. */
const messageBytesMax = 17 * 1024 * 1024;
/** For calls to end by themselves when the server stops; subscriptions never do. */
const graceMilliseconds = 100;

/** One server of a cluster, be it the only one. */
export class Member {
  readonly faults = new FaultScript();
  readonly #instanceId = randomUUID();
  readonly #stopped = new AbortController();
  readonly #server = new Server({
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': messageBytesMax,
  });
  readonly #log: EventLog;
  readonly #options: MemberOptions;
  readonly #standing: Standing;
  readonly #connections: Connections;
  #port = 0;

  private constructor(log: EventLog, options: MemberOptions, standing: Standing) {
    this.#log = log;
    this.#options = options;
    this.#standing = standing;
    const injector = this.#server.createConnectionInjector(credentialsFor(options.tls));
    this.#connections = new Connections((socket) => {
      injector.injectConnection(socket);
    });
  }

  static async start(log: EventLog, options: MemberOptions, standing: Standing): Promise<Member> {
    const member = new Member(log, options, standing);
    member.#port = await member.#connections.listen(loopback, options.port ?? 0);
    member.#addServices();
    return member;
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `${hostOf(this.#options)}:${this.#port}`;
  }

  /** As gossip tells of it, but for who leads. */
  get state(): Omit<MemberState, 'leading'> {
    return { instanceId: this.#instanceId, ...this.#endpoint, alive: !this.#stopped.signal.aborted };
  }

  get #endpoint(): Endpoint {
    return { host: hostOf(this.#options), port: this.#port };
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => {
        resolve();
      });
      setTimeout(resolve, graceMilliseconds);
    });
    this.kill();
  }

  kill(): void {
    this.#stopped.abort();
    this.#connections.close();
    this.#server.forceShutdown();
  }

  #addServices(): void {
    const context: ServerContext = {
      log: this.#log,
      faults: this.faults,
      endpoint: this.#endpoint,
      appendBytesMax: this.#options.appendBytesMax ?? appendBytesMaxDefault,
      stopped: this.#stopped.signal,
      members: () => this.#standing.members(),
      refuseAsFollower: (call, access) => this.#refuseAsFollower(call, access),
      refuseAccess: (call, stream, access) =>
        refuseAccess(this.#options.users, call, this.#log.metadata(stream), access),
      drop: (call) => {
        this.#connections.drop(call.getPeer());
      },
    };
    this.#server.addService(streamServices.StreamsService, {
      read: readCall(context),
      append: appendCall(context),
      batchAppend: batchAppendCall(context),
      delete: deleteCall(context),
      tombstone: tombstoneCall(context),
    });
    this.#server.addService(gossipServices.GossipService, { read: gossipCall(context) });
    this.#server.addService(featureServices.ServerFeaturesService, {
      getSupportedMethods: supportedMethodsCall(),
    });
  }

  #refuseAsFollower(call: AnyCall, access: Access): RpcError | undefined {
    const leader = this.#standing.leader();
    if (leader?.instanceId === this.#instanceId) return undefined;
    const [requiresLeader] = call.metadata.get('requires-leader');
    const mayServe = access === 'read' || this.#standing.followers === 'forward';
    if (mayServe && requiresLeader !== 'true') return undefined;
    return leader === undefined ? unavailable('Server Is Not Ready') : notLeader(leader);
  }
}

function credentialsFor(tls: TlsOptions | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const authority = tls.authority === undefined ? null : Buffer.from(tls.authority);
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) };
  return ServerCredentials.createSsl(authority, [pair], authority !== null);
}
