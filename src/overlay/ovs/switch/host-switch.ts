import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../../runtime/clock.ts';
import type { SwitchCredentials } from '../../../runtime/config.ts';
import { OverlayUnavailable } from '../../faults.ts';
import { OvsdbClient } from '../ovsdb/client.ts';
import type { OvsdbSettings } from '../ovsdb/connect.ts';
import { dial, type Dialing, type OvsdbCertificates } from '../ovsdb/dial.ts';
import { parseOvsdbEndpoints, type OvsdbEndpoint } from '../ovsdb/endpoint.ts';
import { folderBeside } from '../ovsdb/socket-folder.ts';
import { follow, isBehind } from './following.ts';
import { Ofctl } from './ofctl.ts';
import { OpenFlowConnection } from './openflow-connection.ts';
import { bridgeNameOf, type BridgeOwner } from './owner.ts';
import { expectSameSwitch } from './same-switch.ts';
import type { SwitchStanding } from './switch-view.ts';

/** How the switch of a host is reached. */
export interface SwitchAddress {
  /** `unix:PATH` or `ssl:HOST:PORT`; several are separated by commas. Without it the switch cannot be reached. */
  readonly ovsdb?: string | undefined;
  /** Where our bridge is to take OpenFlow; undefined: at its own socket, which is beside that of the database. */
  readonly openflow?: string | undefined;
}

export interface SwitchSettings {
  readonly clock: Clock;
  /** Needed where anything is reached by `ssl`. */
  readonly credentials?: SwitchCredentials;
  /** The longest time that one answer may take, in milliseconds; 30,000 by default. */
  readonly answerMs?: number;
  /** How long a switch may take to follow its database, where a bridge that was just made is to be heard; 30,000 by default. */
  readonly followMs?: number;
}

/** The numbers that a shard gives its networks. */
export interface VniRange {
  readonly from: number;
  readonly to: number;
}

const answerMsDefault = 30_000;

/** How a connection comes about. */
interface Connecting {
  /** The switch as it was read before. */
  readonly seen?: SwitchStanding | undefined;
  readonly signal?: AbortSignal;
}

/** The switch of a host, and on it the bridge of one shard. Connections come about when they are needed, and are ended together. */
export class HostSwitch implements Disposable {
  readonly host: string;
  readonly owner: BridgeOwner;
  readonly bridge: string;
  /** Those of the database, in the order in which they are tried. */
  readonly endpoints: readonly OvsdbEndpoint[];
  readonly database: OvsdbClient;
  readonly ofctl: Ofctl;
  readonly openFlowAddress: string | undefined;
  /** Whether the shard drives a host of that name. */
  readonly isDriven: (host: string) => boolean;
  /** Whether the shard gives its networks numbers among which that one is. */
  readonly isOwnVni: (vni: number) => boolean;
  readonly #endpoint: () => OvsdbEndpoint;
  readonly #settings: SwitchSettings;
  #connecting: Promise<OpenFlowConnection> | undefined;

  constructor(
    host: string,
    owner: BridgeOwner,
    at: {
      address: SwitchAddress;
      settings: SwitchSettings;
      isDriven?: (host: string) => boolean;
      vnis?: VniRange | undefined;
    },
  ) {
    const { address, settings, isDriven = () => true, vnis } = at;
    this.isDriven = isDriven;
    this.isOwnVni = (vni) => vnis !== undefined && vnis.from <= vni && vni <= vnis.to;
    const { clock, answerMs = answerMsDefault } = settings;
    this.host = host;
    this.owner = owner;
    this.bridge = bridgeNameOf(owner.shard);
    if (address.ovsdb === undefined)
      throw new OverlayUnavailable(
        `nothing says how the switch of host ${host} is reached: give its document ovsdb: unix:PATH or ssl:HOST:PORT`,
      );
    const endpoints = parseOvsdbEndpoints(address.ovsdb);
    this.endpoints = endpoints;
    this.openFlowAddress = address.openflow;
    this.#endpoint = openFlowEndpoint(host, { bridge: this.bridge, address, endpoints });
    this.#settings = settings;
    this.database = new OvsdbClient(this.monitoring);
    const target = (): string => this.#endpoint().text;
    this.ofctl = new Ofctl({ target, clock, answerMs, ...secretsOf(settings) });
  }

  /** In words: the bridge, and whose switch it is on. */
  get words(): string {
    return `bridge ${this.bridge} of host ${this.host}`;
  }

  get clock(): Clock {
    return this.#settings.clock;
  }

  /** What a monitor of the switch's database needs. */
  get monitoring(): OvsdbSettings {
    const { clock, answerMs = answerMsDefault } = this.#settings;
    return { endpoints: this.endpoints, clock, requestMs: answerMs, ...secretsOf(this.#settings) };
  }

  /**
   * The connection to the bridge, another one where the last is over. A switch that had not followed its database, by what was read
   * before, has the time to do so: then it is tried once more.
   */
  async openFlow(seen?: SwitchStanding): Promise<OpenFlowConnection> {
    const kept = this.#connecting;
    if (kept !== undefined && (await kept).isOver && this.#connecting === kept) this.#connecting = undefined;
    return await (this.#connecting ??= this.connectOpenFlow({ seen }));
  }

  /** The next call of `openFlow` connects anew. */
  forgetOpenFlow(): void {
    this.#connecting?.then(
      (connection) => {
        connection[Symbol.dispose]();
      },
      () => undefined,
    );
    this.#connecting = undefined;
  }

  /**
   * Another connection to the bridge, as `openFlow` has it, until the signal aborts. Whoever asked for it ends it. Throws
   * OverlayUnavailable where the bridge is not that of the database.
   */
  async connectOpenFlow({ seen, signal }: Connecting): Promise<OpenFlowConnection> {
    try {
      return await this.#connect(signal);
    } catch (error) {
      const isComing = error instanceof OverlayUnavailable && seen !== undefined && isBehind(seen.root.row);
      if (!isComing || signal?.aborted === true) throw error;
      await follow(this, { msMax: this.#settings.followMs, signal });
      return await this.#connect(signal);
    }
  }

  async #connect(signal: AbortSignal | undefined): Promise<OpenFlowConnection> {
    const { clock, answerMs = answerMsDefault } = this.#settings;
    const endpoint = this.#endpoint();
    const dialing = { endpoints: [endpoint], clock, ...secretsOf(this.#settings) };
    const socket = await this.#dialed(endpoint, signal === undefined ? dialing : { ...dialing, signal });
    const end = (): void => {
      socket.destroy();
    };
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted === true) end();
    const connection = await OpenFlowConnection.over(socket, { words: endpoint.text, clock, answerMs });
    try {
      await expectSameSwitch(this, { connection, words: endpoint.text });
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    }
  }

  /** Where its bridge is heard was concluded from where its database is, unless the document says it. */
  async #dialed(endpoint: OvsdbEndpoint, dialing: Dialing): Promise<Socket> {
    try {
      return await dial(endpoint, dialing);
    } catch (error) {
      if (this.openFlowAddress !== undefined || !(error instanceof OverlayUnavailable)) throw error;
      throw new OverlayUnavailable(
        `${error.message}: ovs-vswitchd of host ${this.host} is not running, or has its sockets elsewhere (then its document needs openflow: unix:PATH)`,
        error,
      );
    }
  }

  [Symbol.dispose](): void {
    this.database[Symbol.dispose]();
    this.forgetOpenFlow();
  }
}

function secretsOf({ credentials }: SwitchSettings): { readonly certificates?: OvsdbCertificates } {
  if (credentials === undefined) return {};
  const { privateKey, certificate, ca } = credentials;
  return { certificates: { privateKey, certificate, caCertificate: ca } };
}

/** Where the bridge is heard. That is looked up each time: where its socket is tells itself once the switch has made it. */
function openFlowEndpoint(
  host: string,
  {
    bridge,
    address,
    endpoints,
  }: { bridge: string; address: SwitchAddress; endpoints: readonly OvsdbEndpoint[] },
): () => OvsdbEndpoint {
  const [given] = address.openflow === undefined ? [] : parseOvsdbEndpoints(address.openflow);
  if (given !== undefined) return () => given;
  const local = endpoints.find((endpoint) => endpoint.kind === 'unix');
  if (local === undefined)
    throw new OverlayUnavailable(
      `host ${host} is reached by ${address.ovsdb ?? 'nothing'}, and nothing says where its switch takes OpenFlow: give its document openflow: ssl:HOST:PORT`,
    );
  const file = `${bridge}.mgmt`;
  return () => {
    const path = join(folderBeside(local.path, file), file);
    return { kind: 'unix', path, text: `unix:${path}` };
  };
}
