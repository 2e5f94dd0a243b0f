import type { BindingObject } from '../../../events/overlay-objects.ts';
import { portKey, type Documents } from '../documents/document-fold.ts';
import { carriedKey, type ObjectTables } from './tables.ts';

/** The documents of hosts, which tell where each one is. */
export type HostPlaces = Pick<Documents, 'hosts' | 'formerHosts'>;

/**
 * Who may meet whom, by every set that is kept, of every shard: two hosts may hold sets of different plans, or of different
 * shards.
 */
export class Neighbours {
  /** The tables of each shard. */
  readonly #tables: readonly ObjectTables[];

  readonly #documents: HostPlaces;

  constructor(tables: readonly ObjectTables[], documents: HostPlaces) {
    this.#tables = tables;
    this.#documents = documents;
  }

  /** The networks that packets of a network may come to, itself included. */
  targetsOf(vni: number): Set<number> {
    const routes = this.#tables.flatMap(({ routesFrom }) => routesFrom.kept(vni));
    return new Set([vni, ...routes.map(({ to }) => to)]);
  }

  /** The networks that packets may come from to a network, itself included. */
  sourcesOf(vni: number): Set<number> {
    const routes = this.#tables.flatMap(({ routesTo }) => routesTo.kept(vni));
    return new Set([vni, ...routes.map(({ from }) => from)]);
  }

  /** Every network that packets may leave. */
  sources(): Set<number> {
    return new Set(this.#tables.flatMap(({ routesFrom }) => [...routesFrom.keys()]));
  }

  /** The bindings that packets of a network may find. */
  foundFrom(vni: number): BindingObject[] {
    return [...this.targetsOf(vni)].flatMap((target) => this.bindingsIn(target));
  }

  /** True if packets that are sent to a host by its name may come to another, or the same. */
  isBehind(name: string, host: string): boolean {
    if (name === host) return true;
    const sentTo = this.#tables.flatMap(({ hosts }) => hosts.kept(name));
    const { hosts, formerHosts } = this.#documents;
    const machines = [hosts.get(host), ...formerHosts.values()].filter((machine) => machine?.host === host);
    return sentTo.some(({ tunnelIp }) => machines.some((machine) => machine?.tunnelIp === tunnelIp));
  }

  bindingsIn(vni: number): BindingObject[] {
    return this.#tables.flatMap(({ bindings }) => bindings.kept(vni));
  }

  /** True if any external is in a network. */
  isOfExternals(vni: number): boolean {
    return this.#tables.some(({ externals }) => externals.kept(vni).length > 0);
  }

  /** The ports of a network, by portKey. */
  portsIn(vni: number): Set<string> {
    return new Set(this.bindingsIn(vni).map(portKey));
  }

  /** All ports, by portKey. */
  ports(): Set<string> {
    return new Set(this.#tables.flatMap(({ ports }) => [...ports.keys()]));
  }

  /** The networks of a port, by its portKey. */
  networksOf(port: string): Set<number> {
    return new Set(this.#tables.flatMap(({ ports }) => ports.kept(port).map(({ vni }) => vni)));
  }

  /** True if a network has a port at a host. */
  isAt(host: string, vni: number): boolean {
    return this.#tables.some(({ carried }) => carried.kept(carriedKey({ host, vni })).length > 0);
  }
}
