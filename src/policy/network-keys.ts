import { Flaw } from './flaw.ts';
import { isMapping } from './mapping.ts';
import type { KeyPath } from './place.ts';

/** Without hyphens and underscores, in lower case. */
const networkKeys = new Set([
  'bridge',
  'bridges',
  'flow',
  'flowid',
  'flows',
  'geneve',
  'gre',
  'host',
  'hosts',
  'interface',
  'interfaces',
  'mac',
  'macs',
  'nic',
  'nics',
  'ofport',
  'openflow',
  'overlay',
  'portid',
  'segmentid',
  'tunnel',
  'tunnelid',
  'tunnelip',
  'tunnelkey',
  'tunnels',
  'vlan',
  'vlanid',
  'vlans',
  'vni',
  'vnid',
  'vnis',
  'vtep',
  'vxlan',
  'vxlanid',
]);

/** Every key that belongs to the network, at any depth but under `except`. */
export function findNetworkKeys(value: unknown, except: string | undefined): KeyPath[] {
  if (!isMapping(value)) return [];
  const below = Object.entries(value).filter(([key]) => key !== except);
  return below.flatMap(([key, child]) => search(key, child, []));
}

function search(step: string | number, value: unknown, parent: KeyPath): KeyPath[] {
  const path = [...parent, step];
  const found = typeof step === 'string' && isNetworkKey(step) ? [path] : [];
  if (Array.isArray(value)) return [...found, ...value.flatMap((item, index) => search(index, item, path))];
  if (!isMapping(value)) return found;
  return [...found, ...Object.entries(value).flatMap(([key, child]) => search(key, child, path))];
}

function isNetworkKey(key: string): boolean {
  return networkKeys.has(key.toLowerCase().replaceAll(/[-_]/g, ''));
}

/** Tenants, externals and policies speak of names; what carries them is the overlay's own affair. */
export function networkKeyFlaw(path: KeyPath, kind: string): Flaw {
  const key = String(path.at(-1));
  return new Flaw(`logical names only: ${key} belongs to the network, not to a document of kind ${kind}`, {
    found: key,
    allowed: 'names of tenants, segments, services and externals',
  });
}
