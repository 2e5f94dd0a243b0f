import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { editObjects, hostFileOf } from '../support/host-file.ts';

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }
`;

function folderWith(place: Workplace, { name, yaml }: { name: string; yaml: string }): string {
  const folder = join(place.folder, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  return folder;
}

async function synced(place: Workplace): Promise<void> {
  await place.succeed('apply', folderWith(place, { name: 'town', yaml: `${town}\n---\n${talk}` }));
  await place.succeed('sync');
}

/** Takes the objects of a kind out of a host's file, as nobody but the applier should. */
function takeOut(path: string, kind: string): void {
  editObjects(path, (objects) => objects.filter((each) => each.kind !== kind));
}

describe('doctor', () => {
  it('names the objects of a host that differ, and so does the dry run of a rebuild', async () => {
    using place = new Workplace();
    await synced(place);
    const path = hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-1' });
    takeOut(path, 'network');
    const doctor = await place.run('doctor');
    expect([doctor.code, doctor.out]).toEqual([
      1,
      expect.stringMatching(/holds something else than plan \d+ gave it: it lacks network\//),
    ]);
    expect(await place.succeed('rebuild', '--shard', 'shard-1', '--dry-run')).toMatch(
      /host hv-1 lacks network\//,
    );
  });

  it('says in words which rules a host lacks', async () => {
    using place = new Workplace();
    await synced(place);
    takeOut(hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-1' }), 'acl');
    const rule = /lacks (egress|ingress) allow \S+ -> \S+ \S+/;
    expect((await place.run('doctor')).out).toMatch(rule);
    const dryRun = await place.succeed('rebuild', '--shard', 'shard-1', '--dry-run');
    expect(dryRun).toMatch(rule);
    expect(dryRun).not.toMatch(/acl\/[0-9a-f]{24}/);
  });

  it('finds what gets through and is authorised no longer, planned away or not', async () => {
    using place = new Workplace();
    await synced(place);
    expect((await place.run('doctor')).out).not.toMatch(/isolation/);
    const strict = town
      .replace('vnis: { from: 5000, to: 5099 }', 'vnis: { from: 5000, to: 5099 }\nrevocationLimit: 0s')
      .replace('tunnel: geneve,', 'tunnel: geneve, revocationLimit: 0s,');
    await place.succeed('apply', folderWith(place, { name: 'strict', yaml: strict }));
    await place.succeed('sync');
    const nobody = '{ kind: Policy, tenant: globex, egress: [] }';
    await place.succeed('apply', folderWith(place, { name: 'revoked', yaml: nobody }));
    const verified = await place.run('verify');
    const { code, out } = await place.run('doctor');
    expect([verified.code, code, out]).toEqual([
      1,
      1,
      expect.stringMatching(/beyond what is authorised: globex\/app -> acme\/web/),
    ]);
    await place.succeed('sync');
    expect((await place.run('doctor')).code).toBe(0);
  });

  it('names a revocation that is within its limit, which is no failure', async () => {
    using place = new Workplace();
    await synced(place);
    const nobody = '{ kind: Policy, tenant: globex, egress: [] }';
    await place.succeed('apply', folderWith(place, { name: 'revoked', yaml: nobody }));
    const { code, out } = await place.run('doctor');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/1 revocation not everywhere yet, within the limit: globex\/app -> acme\/web/),
    ]);
  });

  it('names retired hosts that were never emptied, those of retired shards too', async () => {
    using place = new Workplace();
    const spare = `
{ kind: Shard, shard: spare, vnis: { from: 9000, to: 9009 } }
---
{ kind: Host, host: hv-10, shard: spare, tunnelIp: 172.31.9.10 }
---
{ kind: Host, host: hv-9, shard: spare, tunnelIp: 172.31.9.9 }
`;
    await place.succeed('apply', folderWith(place, { name: 'town', yaml: `${town}\n---\n${spare}` }));
    await place.succeed('sync');
    await place.succeed('apply', folderWith(place, { name: 'less', yaml: town }), '--prune', 'all');
    const { code, out } = await place.run('doctor');
    expect(code).toBe(0);
    const told = [
      ...out.matchAll(/host (hv-\d+).*was retired from spare, which is retired too, and was never emptied/g),
    ];
    expect(told.map(([, host]) => host)).toEqual(['hv-9', 'hv-10']);
    await place.succeed('sync');
    expect((await place.run('doctor')).out).not.toMatch(/never emptied/);
  });
});

it('status says that it does not read hosts', async () => {
  using place = new Workplace();
  await synced(place);
  const file = hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-1' });
  expect(existsSync(file)).toBe(true);
  renameSync(file, `${file}.gone`);
  expect(await place.succeed('status')).toMatch(
    /this is what hosts acknowledged; isoledger doctor reads the hosts themselves\n$/,
  );
});
