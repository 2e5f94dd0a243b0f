import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyOf, type OverlayObject } from '../../events/overlay-objects.ts';
import { readDocuments } from '../bench/estate/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { editObjects, hostFileOf } from '../support/host-file.ts';

const examples = new URL('../../infra/examples', import.meta.url).pathname;
const hosts = readDocuments(examples).flatMap((document) => (document.kind === 'Host' ? [document] : []));

async function driven(folder = examples): Promise<Workplace> {
  const place = new Workplace();
  await place.succeed('apply', folder);
  await place.succeed('sync');
  return place;
}

/** Lets everything by at the grants of every host, behind everybody's back. Returns an instant at which it was so. */
async function widen(files: readonly string[]): Promise<string> {
  for (const file of files)
    editObjects(file, (objects) =>
      objects.map((object): OverlayObject => {
        if (object.kind !== 'acl' || object.tier !== 'grant' || object.ports === undefined) return object;
        return { ...object, ports: [[1, 65_000]] };
      }),
    );
  await setTimeout(20);
  const at = new Date().toISOString();
  await setTimeout(20);
  return at;
}

const filesOf = ({ ledgerPath }: Workplace): string[] => hosts.map((at) => hostFileOf(ledgerPath, at));

describe('what somebody edited at hosts before a quarantine', () => {
  it('makes the time before the quarantine unknown, once it is found, as without one', async () => {
    using place = await driven();
    const at = await widen(filesOf(place));
    await place.succeed('quarantine', 'globex');
    expect((await place.run('verify', '--at', at)).code).toBe(0);
    const known = `seq:${String((await place.checkpoint()).size - 1)}`;
    await place.succeed('release', 'globex');
    await place.succeed('sync');
    const { code, out } = await place.run('verify', '--at', at);
    expect([code, out]).toEqual([7, expect.stringMatching(/^unknown: /)]);
    // An acknowledgement that counts: nothing but marks was read since the first sync.
    const seen = [...out.matchAll(/was last seen right at seq (\d+)/g)].map(([, number]) => Number(number));
    const log = await place.succeed('log', '--type', 'ChangeApplied');
    const acknowledged = [...log.matchAll(/^(\d+) .*acknowledged plan 1:/gm)].map(([, number]) =>
      Number(number),
    );
    expect(new Set(seen)).toEqual(new Set(acknowledged));
    expect((await place.run('verify', '--at', at, '--known-at', known)).code).toBe(0);
    expect((await place.run('verify')).code).toBe(0);
  });

  it('is recorded before a large cut replaces all that a host holds', async () => {
    using scratch = new Workplace();
    const documents = join(scratch.folder, 'wide');
    mkdirSync(documents);
    const segments = Array.from({ length: 100 }, (_, index) => `s${String(index)}`).join(', ');
    writeFileSync(
      join(documents, 'wide.yaml'),
      `{ kind: Shard, shard: one, vnis: { from: 100, to: 999 } }
---
{ kind: Host, host: h1, shard: one, tunnelIp: 172.31.0.1 }
---
{ kind: Tenant, tenant: big, intraTenant: segments, segments: [${segments}] }
---
{ kind: Tenant, tenant: small, segments: [x] }
---
{ kind: Policy, tenant: big, egress: [{ destination: small, ports: [80], segment: s0 }] }
---
{ kind: Policy, tenant: small, ingress: [{ source: big, ports: [80] }] }
`,
    );
    using place = await driven(documents);
    const at = await widen([hostFileOf(place.ledgerPath, { shard: 'one', host: 'h1' })]);
    const cut = await place.succeed('quarantine', 'big');
    expect(cut).toMatch(/h1 +cut/);
    await place.succeed('release', 'big');
    await place.succeed('sync');
    expect(await place.succeed('log', '--type', 'DriftDetected')).toMatch(
      /drift: host h1, which acknowledged plan 1, holds what it should not/,
    );
    expect((await place.run('verify', '--at', at)).code).toBe(7);
  });

  it('of a host that only says that it cuts is found where the quarantine is given again, and put right', async () => {
    using place = await driven();
    await place.succeed('quarantine', 'globex');
    const isCut = (object: OverlayObject): boolean => object.kind === 'acl' && object.tier === 'quarantine';
    const [file = ''] = filesOf(place);
    let cuts: string[] = [];
    editObjects(file, (objects) => {
      cuts = objects.filter(isCut).map(keyOf);
      return objects.filter((object) => !isCut(object));
    });
    expect(cuts.length).toBeGreaterThan(0);
    const again = await place.succeed('quarantine', 'globex');
    expect(again).toMatch(/^globex is in quarantine already: nothing to record\n/);
    expect(again).toMatch(/did not hold what it had acknowledged/);
    let held: string[] = [];
    editObjects(file, (objects) => {
      held = objects.filter(isCut).map(keyOf);
      return objects;
    });
    expect(held).toEqual(cuts);
    const { size } = await place.checkpoint();
    await place.succeed('quarantine', 'globex');
    expect((await place.checkpoint()).size).toBe(size);
  });

  it('to the cut itself, is recorded before a release takes the cut away', async () => {
    using place = await driven();
    await place.succeed('quarantine', 'globex');
    for (const file of filesOf(place))
      editObjects(file, (objects) =>
        objects.filter((object) => object.kind !== 'acl' || object.tier !== 'quarantine'),
      );
    await setTimeout(20);
    const at = new Date().toISOString();
    await setTimeout(20);
    await place.succeed('release', 'globex');
    expect(await place.succeed('log', '--type', 'DriftDetected')).toMatch(/DriftDetected/);
    expect((await place.run('verify', '--at', at)).code).toBe(7);
  });
});
