import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';

/** A shard with one network and one endpoint at one switch: the least that a bridge is made for. */
export const shard = 'shard-1';
export const bridge = bridgeNameOf(shard);

export function endpoint(number: number): OverlayObject {
  return {
    kind: 'binding',
    endpoint: `acme/web-${String(number)}`,
    vni: 100,
    host: 'hv-1',
    interface: `vm-web-${String(number)}`,
    mac: `02:00:00:00:01:0${String(number)}`,
    ips: [`10.1.0.${String(number)}`],
  };
}

export const base: readonly OverlayObject[] = [
  { kind: 'network', vni: 100, segment: 'acme/web' },
  { kind: 'host', host: 'hv-1', tunnelIp: '192.0.2.1', tunnel: 'vxlan' },
  endpoint(1),
];
