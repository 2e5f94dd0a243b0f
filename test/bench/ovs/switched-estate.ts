import { ofKind, type WrittenDocument } from '../estate/documents.ts';
import { mac } from '../estate/numbering.ts';
import { generateEstate } from '../estate.ts';

export const hostCount = 2;

/** The two tenants whose packets are looked at: one endpoint each, on two hosts. */
export const sender = { tenant: 'probe-a', endpoint: 'probe-a/web-1', ip: '192.168.77.1' } as const;
export const listener = { tenant: 'probe-b', endpoint: 'probe-b/web-1', ip: '192.168.77.2' } as const;

/** What the sender may always reach, and what a change lets it reach. */
export const [steadyPort, changingPort] = [4000, 5000] as const;

/** An estate of switches, where each host's switch is, and the documents that a lab has to build of it. */
export interface SwitchedEstate {
  readonly documents: readonly WrittenDocument[];
  readonly inLab: readonly WrittenDocument[];
}

/**
 * So many tenants with 10 rules each on a shard of two switches. Only the two tenants that are looked at have workloads; of
 * all other endpoints no device is there, as of machines that are not started.
 */
export function switchedEstate(tenants: number): SwitchedEstate {
  const { documents } = generateEstate({
    ...{ seed: 7, tenants: tenants - 2, rulesPerTenant: 10, tenantsPerRealm: 50 },
    ...{ shards: 1, hostsPerShard: hostCount, endpointsPerSegment: 1 },
  });
  const places = [...ofKind(documents, 'Shard'), ...ofKind(documents, 'Host')].map(switched);
  const rest = documents.filter(({ kind }) => kind !== 'Shard' && kind !== 'Host').map(switched);
  const probes = [...probeDocuments(), senderPolicy([steadyPort])];
  return { documents: [...places, ...rest, ...probes], inLab: [...places, ...probes] };
}

/** What the sender asks for; the listener consents to both ports. */
export function senderPolicy(ports: readonly number[]): WrittenDocument {
  const rule = { destination: listener.tenant, protocol: 'udp' as const };
  return {
    kind: 'Policy',
    tenant: sender.tenant,
    egress: ports.map((port) => ({ ...rule, ports: [port] })),
  };
}

function probeDocuments(): WrittenDocument[] {
  const endpoints = [sender, listener].flatMap(({ tenant, ip }, index): WrittenDocument[] => {
    const at = { host: `hv-${String(index + 1)}`, interface: `probe-${String(index + 1)}` };
    return [
      { kind: 'Tenant', tenant, shard: 'shard-1', segments: ['web'] },
      {
        kind: 'Endpoints',
        tenant,
        endpoints: [{ name: 'web-1', segment: 'web', ip, mac: mac(0xfff0_0000 + index), ...at }],
      },
    ];
  });
  const rule = { source: sender.tenant, protocol: 'udp' as const };
  const ingress = [steadyPort, changingPort].map((port) => ({ ...rule, ports: [port] }));
  return [...endpoints, { kind: 'Policy', tenant: listener.tenant, ingress }];
}

/** The document as it is where hosts are switches: these send to the MAC address behind a gateway. */
function switched(document: WrittenDocument, index: number): WrittenDocument {
  switch (document.kind) {
    case 'Shard':
      return { ...document, overlay: 'ovs' };
    case 'External': {
      const { gateway, ...rest } = document;
      return gateway === undefined
        ? document
        : { ...rest, gateway: { ...gateway, mac: gateway.mac ?? mac(0xffe0_0000 + index) } };
    }
    case 'Tenant':
    case 'Policy':
    case 'Host':
    case 'Endpoints':
      return document;
  }
}
