import { Flaw } from './flaw.ts';
import { isMapping } from './mapping.ts';
import type { KeyPath } from './place.ts';

/** Keys of the network, in lower case and without hyphens and underscores. */
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

/**
 * The path of every key that belongs to the network, at any depth. The key `except` and all below it are passed over.
 */
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

/**
 * Tenants, externals and policies use logical names, so that an overlay can be exchanged without a change of policy.
 */
export function networkKeyFlaw(path: KeyPath, kind: string): Flaw {
  const key = String(path.at(-1));
  return new Flaw(`logical names only: ${key} belongs to the network, not to a document of kind ${kind}`, {
    found: key,
    allowed: 'names of tenants, segments, services and externals',
  });
}
