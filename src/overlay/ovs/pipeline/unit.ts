import type { AclSide } from './grant-index.ts';

/** A network, or every one. */
export type NetworkOrAll = number | '*';

/**
 * The smallest piece of a host's flows that is compiled by itself: what it says depends on some objects, and no other unit
 * gives a flow of the same identity.
 */
export type Unit =
  | { readonly kind: 'static' }
  /** A local port: whose it is, what it may send, how it is sent to. */
  | { readonly kind: 'port'; readonly endpoint: string }
  /** The way to a tunnel address. */
  | { readonly kind: 'tunnel'; readonly ip: string }
  /** A network that sends from here or to here: what it sends to nobody is counted. */
  | { readonly kind: 'source'; readonly vni: number }
  /** A network as it is heard from a tunnel address. */
  | { readonly kind: 'accept'; readonly vni: number; readonly ip: string }
  /** An endpoint's address as a network finds it. */
  | { readonly kind: 'address'; readonly vni: number; readonly ip: string }
  /** The prefixes of externals as a network finds them. */
  | { readonly kind: 'externals'; readonly vni: number }
  /** The grants from one network to another at one side. */
  | { readonly kind: 'pair'; readonly side: AclSide; readonly from: number; readonly to: number }
  /** The parts of a port set. */
  | { readonly kind: 'ports'; readonly portSet: string }
  /** What quarantine drops at one side. */
  | { readonly kind: 'cut'; readonly side: AclSide; readonly from: NetworkOrAll; readonly to: NetworkOrAll }
  /** A pair of networks that a cut names, and that goes on all the same. */
  | { readonly kind: 'exempt'; readonly side: AclSide; readonly from: number; readonly to: number }
  /** A pair of networks with a route: what no grant allows between them is counted. */
  | { readonly kind: 'dropped'; readonly from: number; readonly to: number };

/** What tells units apart. */
export function unitKey(unit: Unit): string {
  switch (unit.kind) {
    case 'static':
      return 'static';
    case 'port':
      return `port ${unit.endpoint}`;
    case 'tunnel':
      return `tunnel ${unit.ip}`;
    case 'source':
    case 'externals':
      return `${unit.kind} ${String(unit.vni)}`;
    case 'accept':
    case 'address':
      return `${unit.kind} ${String(unit.vni)} ${unit.ip}`;
    case 'ports':
      return `ports ${unit.portSet}`;
    case 'pair':
    case 'cut':
    case 'exempt':
      return `${unit.kind} ${unit.side} ${String(unit.from)} ${String(unit.to)}`;
    case 'dropped':
      return `dropped ${String(unit.from)} ${String(unit.to)}`;
  }
}
