import { expect, it } from 'vitest';
import { generateEstate } from '../../bench/estate.ts';
import { parseDocuments, type WrittenDocument, type WrittenTraffic } from '../../bench/estate/documents.ts';
import { writeEstate } from '../../bench/estate/write.ts';
import { describeNeeding } from '../../support/needs.ts';
import { labOf, labOfFolder, packetNeeds, twoShards } from './estates.ts';
import type { Lab } from '../../../infra/lab/lab.ts';
import { connectionsOf, differencesOf, probesOf, type Probe } from './matrix.ts';
import { Packets } from './packets.ts';

const seed = Number(process.env['ISOLEDGER_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Addresses of nobody, of everybody, and of an external without a gateway. */
const oddTargets = [
  ...['198.51.100.65', '10.9.9.9', '224.0.0.1', '255.255.255.255', '169.254.1.1'],
  ...['ff02::1', 'fd00:9::9', 'fe80::1'],
];

describeNeeding(packetNeeds, 'every packet between workloads', () => {
  it('arrives where the documents say, and nowhere else', async () => {
    const documents = parseDocuments(twoShards, 'estate.yaml');
    const { probes, differences } = await tryAll(
      { lab: await labOf('ma', twoShards), documents },
      [53, 443, 5432, 8000, 8101],
    );
    expect(differences).toEqual([]);
    const allowed = probes.filter(({ receiver }) => receiver !== undefined);
    for (const protocol of ['tcp', 'udp', 'icmp', 'nameless'])
      expect(allowed.some((probe) => probe.protocol === protocol)).toBe(true);
  });

  it('arrives so in a random estate', async () => {
    const documents = randomDocuments();
    const lab = await labOfFolder('mb', (folder) => writeEstate(folder, { documents }));
    const { differences } = await tryAll({ lab, documents }, [53, 443, 5432, 8101]);
    expect(differences, `seed ${String(seed)}`).toEqual([]);
  });
});

/** The lab is down afterwards. */
async function tryAll(
  { lab: given, documents }: { lab: Lab; documents: readonly WrittenDocument[] },
  ports: readonly number[],
): Promise<{ probes: Probe[]; differences: string[] }> {
  await using lab = given;
  await using packets = await Packets.open(lab, ports);
  const connections = await connectionsOf(lab);
  const probes = probesOf(lab, { documents, connections, ports, alsoTo: oddTargets });
  return { probes, differences: await differencesOf(packets, probes) };
}

/** A small estate, on switches. These cannot hold SCTP, so that its rules are of TCP here. */
function randomDocuments(): WrittenDocument[] {
  const { documents } = generateEstate({
    ...{ seed, tenants: 6, shards: 2, hostsPerShard: 2, tenantsPerRealm: 3, externalsPerRealm: 1 },
    ...{ segmentsPerTenantMax: 2, endpointsPerSegment: 1, rulesPerTenant: 4 },
    features: { timeBounds: false },
  });
  return documents.map((document) => {
    if (document.kind === 'Shard') return { ...document, overlay: 'ovs' };
    if (document.kind === 'Tenant' && document.services !== undefined)
      return { ...document, services: document.services.map(withoutSctp) };
    if (document.kind !== 'Policy') return document;
    const { egress = [], ingress = [] } = document;
    return { ...document, egress: egress.map(withoutSctp), ingress: ingress.map(withoutSctp) };
  });
}

function withoutSctp<Traffic extends WrittenTraffic>(traffic: Traffic): Traffic {
  return traffic.protocol === 'sctp' ? { ...traffic, protocol: 'tcp' } : traffic;
}
