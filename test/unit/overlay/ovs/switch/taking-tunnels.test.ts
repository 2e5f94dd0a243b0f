import { describe, expect, it } from 'vitest';
import { takingTunnels } from '../../../../../src/overlay/ovs/switch/shared-ports.ts';

const ours = (localIp: string, remoteIp: string): Parameters<typeof takingTunnels>[1] => ({
  localIp,
  remoteIps: new Set([remoteIp]),
  vnis: { has: (vni) => vni >= 7000 && vni <= 7099 },
});

/** Whether an interface of others takes what comes from a host for ours. */
function isTold(type: string, options: Record<string, string>, by = ours('192.0.2.1', '192.0.2.2')): boolean {
  const row = { name: 'fx1', type, options: new Map(Object.entries(options)) };
  const interfaces = new Map([['1', row]]);
  const told = takingTunnels({ bridge: undefined, bridges: new Map(), ports: new Map(), interfaces }, by);
  return told.length > 0;
}

/** Takes all that comes to one address, as each of ours does. */
const flow = { remote_ip: 'flow', key: 'flow', local_ip: '192.0.2.1' };

describe('a tunnel of others', () => {
  it.each(['7001', '0x1b59', '0X1B59', '015531', '7001x', ' 7001', '09', 'flow'])(
    'takes ours by a key that a switch reads as ours, or nobody can tell of: %j',
    (key) => {
      expect(isTold('geneve', { remote_ip: 'flow', key, local_ip: '192.0.2.1' })).toBe(true);
      expect(isTold('geneve', { remote_ip: 'flow', key })).toBe(key !== 'flow');
      expect(isTold('vxlan', { remote_ip: '192.0.2.2', in_key: key, key: '1' })).toBe(true);
    },
  );

  it.each(['fd99::2', 'FD99::2', 'fd99:0:0::2', 'fd99:0:0:0:0:0:0.0.0.2', 'fd99::2%eth0', 'flow', 'host'])(
    'takes ours from an address, however it is spelled: %j',
    (remote_ip) => {
      const by = ours('fd99::1', 'fd99::2');
      expect(isTold('geneve', { remote_ip, key: '7001' }, by)).toBe(true);
      expect(isTold('geneve', { remote_ip, local_ip: 'FD99::1', key: '7001' }, by)).toBe(true);
    },
  );

  it('takes ours from an address of the other family that means the same', () => {
    const mapped = { remote_ip: '::ffff:192.0.2.2', local_ip: '::FFFF:C000:201', key: 'flow' };
    expect(isTold('vxlan', mapped)).toBe(true);
    expect(isTold('vxlan', { ...mapped, local_ip: '::ffff:192.0.2.9' })).toBe(false);
  });

  it('of another type at the port of ours takes whatever comes there, whatever else it says', () => {
    expect(isTold('geneve', { dst_port: '4789', remote_ip: '192.0.2.7', key: '1' })).toBe(true);
    expect(isTold('gtpu', { dst_port: '4789', ...flow })).toBe(true);
    expect(isTold('vxlan', { dst_port: '06081', ...flow })).toBe(true);
    expect(isTold('vxlan', { dst_port: '04789', ...flow })).toBe(true);
    expect(isTold('vxlan', { dst_port: 'vxlan', ...flow })).toBe(true);
  });

  it.each(['70325', '4294972085', '-60747', '99999999999999999999'])(
    'at a port whose number is too large may take ours, since a switch cuts it off: %s',
    (dst_port) => {
      expect(isTold('vxlan', { dst_port, ...flow })).toBe(true);
      expect(isTold('gtpu', { dst_port, ...flow, remote_ip: '192.0.2.7' })).toBe(true);
    },
  );

  it('that leaves key, sender and receiver open takes nothing, since ours name the receiver', () => {
    expect(isTold('geneve', { remote_ip: 'flow', key: 'flow' })).toBe(false);
    expect(isTold('geneve', { remote_ip: 'flow', key: 'flow', local_ip: 'flow' })).toBe(false);
    expect(isTold('geneve', { remote_ip: 'flow', key: '7001', local_ip: 'flow' })).toBe(true);
    expect(isTold('geneve', { remote_ip: '192.0.2.2', key: 'flow', local_ip: 'flow' })).toBe(true);
  });

  it('takes nothing of ours with another key, at another port, from or to somebody else, and where it is no tunnel', () => {
    for (const key of ['7100', '0x1bff', '9000'])
      expect(isTold('vxlan', { remote_ip: 'flow', key })).toBe(false);
    expect(isTold('vxlan', { remote_ip: 'flow' })).toBe(false);
    expect(isTold('vxlan', { ...flow, dst_port: '8472' })).toBe(false);
    expect(isTold('vxlan', { remote_ip: '192.0.2.3', key: 'flow' })).toBe(false);
    expect(isTold('vxlan', { ...flow, local_ip: '192.0.2.9' })).toBe(false);
    expect(isTold('vxlan', { key: 'flow' })).toBe(false);
    for (const type of ['internal', 'gre', 'gtpu', '']) expect(isTold(type, flow)).toBe(false);
  });
});
