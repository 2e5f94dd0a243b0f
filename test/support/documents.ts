import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from '../../events/documents.ts';
import { emptyIntended, type Intended } from '../../projections/intended/intended.ts';
import { decide, type Decision } from '../../src/domain/decide.ts';
import type { Prune } from '../../src/domain/prune.ts';
import { readFolder } from '../../src/policy/read-folder.ts';
import { embeddedAndSwitches } from './installation.ts';

/** A folder of its own for the time of some work. */
export async function inTemporaryFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'isoledger-test-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The documents of a YAML text, which must be without fault by themselves. */
export async function documentsOf(yaml: string): Promise<Document[]> {
  return inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'documents.yaml'), yaml);
    const { documents, problems } = await readFolder(folder, embeddedAndSwitches);
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    return documents.map(({ document }) => document);
  });
}

/** When folders are applied, unless a test says otherwise. */
export const someInstant = '2026-01-01T00:00:00.000Z';

/** Decides on a YAML text, on an estate. */
export async function decideOn(
  yaml: string,
  {
    intended = emptyIntended(),
    occupied = new Set(),
    holding = [],
    prune,
    at = someInstant,
  }: { intended?: Intended; occupied?: Set<number>; holding?: string[]; prune?: Prune; at?: string } = {},
): Promise<Decision> {
  return decide(await documentsOf(yaml), {
    ...{ at, intended, prune },
    occupied: () => occupied,
    holds: ({ host }) => holding.includes(host),
  });
}

/** The estate after one YAML text after another, each of which must be accepted. */
export async function estateOf(...yamls: readonly string[]): Promise<Intended> {
  let intended = emptyIntended();
  for (const yaml of yamls) {
    const decision = await decideOn(yaml, { intended });
    if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems, null, 1));
    intended = decision.after;
  }
  return intended;
}

/** Tenants in a number that makes it worth while to keep what their entries come to. */
export const crowd = Array.from(
  { length: 60 },
  (_, index) => `{ kind: Tenant, tenant: crowd-${String(index)}, segments: [one] }`,
).join('\n---\n');

/** An estate in which everything has a place: two shards, two hosts each, three tenants, a shared service, an external. */
export const town = `
kind: Shard
shard: shard-1
vnis: { from: 5000, to: 5099 }
---
{ kind: Shard, shard: shard-2, tunnel: geneve, vnis: { from: 6000, to: 6099 } }
---
{ kind: Host, host: hv-1, shard: shard-1, tunnelIp: 172.31.0.1 }
---
{ kind: Host, host: hv-2, shard: shard-1, tunnelIp: 172.31.0.2 }
---
{ kind: Host, host: hv-3, shard: shard-2, tunnelIp: 172.31.0.3 }
---
{ kind: Host, host: hv-4, shard: shard-2, tunnelIp: 172.31.0.4 }
---
kind: External
external: internet
classification: public
cidrs: [0.0.0.0/0]
gateway: { host: hv-1, interface: ext-0, mac: "02:00:0a:00:00:01" }
---
{ kind: External, external: partner, cidrs: [198.51.100.0/24] }
---
kind: Tenant
tenant: acme
segments: [web, database]
services:
  - { name: acme-api, segment: web, ports: [443, 8443] }
---
{ kind: Tenant, tenant: globex, shard: shard-2, segments: [app] }
---
{ kind: Tenant, tenant: vault, isolation: air-gapped, segments: [safe] }
---
kind: Endpoints
tenant: acme
endpoints:
  - { name: web-1, segment: web, ip: 10.1.0.1, mac: "02:00:0a:01:00:01", host: hv-1, interface: vm-web-1 }
  - { name: db-1, segment: database, ip: [10.1.1.1, "fd00::1"], mac: "02:00:0a:01:00:02", host: hv-2, interface: vm-db-1 }
---
kind: Endpoints
tenant: globex
endpoints:
  - { name: app-1, segment: app, ip: 10.2.0.1, mac: "02:00:0a:02:00:01", host: hv-3, interface: vm-app-1 }
`;
