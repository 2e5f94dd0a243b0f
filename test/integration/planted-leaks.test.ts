import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../events/catalogue.ts';
import { draftOf } from '../../events/draft.ts';
import { digestOfObjects, keyOf, type OverlayObject } from '../../events/overlay-objects.ts';
import { deltaOf } from '../../src/overlay/delta.ts';
import { planEvents } from '../../src/overlay/plan.ts';
import { open } from '../../src/compose/workspace.ts';
import { estateProjection } from '../../src/projector/estate-projection.ts';
import { unfolded } from '../../src/projector/projection.ts';
import { desiredObjects } from '../../src/translate/desired-objects.ts';
import { copyIntended, foldIntended, type Intended } from '../../projections/intended/intended.ts';
import { Workplace } from '../support/command-line.ts';
import { wholeSet } from '../support/host-change.ts';

const examples = new URL('../../infra/examples', import.meta.url).pathname;
const actor = { name: 'a broken translator', authenticated: 'asserted' } as const;

/** Translates a shard, spoils the outcome, and drives all of the shard's hosts there, as an applier with a bug would. */
async function driveSpoiled(
  place: Workplace,
  {
    shard,
    spoil,
  }: { shard: string; spoil: (objects: OverlayObject[], intended: Intended) => OverlayObject[] },
): Promise<void> {
  const { ledger, clock, driverFor } = await open(place.ledgerUrl, { create: false });
  const { state, cursor } = await unfolded(estateProjection).catchUp(ledger);
  const { intended, applied } = state;
  const [planned, document] = [applied.shards.get(shard), intended.directory.shards.get(shard)];
  if (planned?.digest === undefined || document === undefined) throw new Error('sync first');
  const objects = spoil(desiredObjects(intended, { shard, at: clock.now() }), intended);
  const plan = planned.plan + 1;
  const header = {
    shard,
    plan,
    basis: cursor.size - 1,
    before: planned.digest,
    after: digestOfObjects(objects),
  };
  const record = (events: readonly DomainEvent[]): Promise<unknown> =>
    ledger.append({ events: events.map(draftOf), actor });
  await record(planEvents(header, deltaOf(planned.objects, objects)));
  const driver = driverFor(document, intended.directory.hosts);
  for (const { host, shard: home } of intended.directory.hosts.values()) {
    if (home !== shard) continue;
    const { digest } = await driver.apply(host, wholeSet({ plan, objects }));
    const evidence = { driver: 'embedded', objects: objects.length };
    const seenWhole = new Date().toISOString();
    await record([{ type: 'ChangeApplied', data: { shard, host, plan, digest, seenWhole, evidence } }]);
  }
  await ledger.close();
}

/** The endpoint of a segment that has the address; an external by its own name. */
async function senderOf(place: Workplace, { from, src }: { from: string; src: string }): Promise<string> {
  if (!from.includes('/')) return from;
  const { ledger } = await open(place.ledgerUrl, { create: false });
  const { state } = await unfolded(estateProjection).catchUp(ledger);
  await ledger.close();
  const [tenant = '', segment] = from.split('/');
  for (const endpoint of state.intended.directory.endpoints.get(tenant)?.values() ?? []) {
    if (endpoint.segment === segment && endpoint.ips.includes(src)) return `${tenant}/${endpoint.name}`;
  }
  throw new Error(`nobody in ${from} has ${src}`);
}

/** Every violation that is reported comes with a packet that the overlay, asked by itself, does let through. */
async function expectRealViolations(place: Workplace): Promise<string[]> {
  const { code } = await place.run('verify', '--lane', 'applied');
  const report = await place.verify('--lane', 'applied');
  expect([code, report.verdict]).toEqual([1, 'violated']);
  const violations = report.findings.filter(({ kind }) => kind === 'isolation');
  for (const { from, witness } of violations) {
    if (witness === null) throw new Error('a violation without a witness');
    const sender = await senderOf(place, { from, src: witness.src });
    expect(await place.succeed('probe', sender, JSON.stringify(witness))).toMatch(/^delivered to /);
  }
  return violations.map(({ from, to }) => `${from} -> ${to}`);
}

/** An intended state in which every tenant lets everybody in: consent no longer matters. */
function withoutConsent(intended: Intended): Intended {
  const careless = copyIntended(intended);
  for (const policy of intended.policies.values()) {
    const ingress = [{ id: '0'.repeat(24), source: '*', protocol: 'any' as const }];
    foldIntended(careless, {
      type: 'PolicyEnacted',
      data: { policy: { ...policy, ingress: [...policy.ingress, ...ingress] }, digest: '0'.repeat(64) },
    });
  }
  return careless;
}

describe('a translator that is broken on purpose', () => {
  it('and ignores consent is found out', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    await place.succeed('sync');
    for (const shard of ['shard-1', 'shard-2']) {
      await driveSpoiled(place, {
        shard,
        spoil: (_objects, intended) =>
          desiredObjects(withoutConsent(intended), { shard, at: new Date().toISOString() }),
      });
    }
    expect(await expectRealViolations(place)).toContain('acme-corp/web -> globex/reporting');
  });

  it('and widens a port range by one is found out, at exactly that port', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    await place.succeed('sync');
    const widen = (object: OverlayObject): OverlayObject =>
      object.kind === 'acl' &&
      object.tier === 'grant' &&
      object.from === 'acme-corp/web' &&
      object.to === 'globex/database'
        ? { ...object, ports: [[5432, 5433]] }
        : object;
    await driveSpoiled(place, { shard: 'shard-1', spoil: (objects) => objects.map(widen) });
    expect(await expectRealViolations(place)).toEqual(['acme-corp/web -> globex/database']);
    const [finding] = (await place.verify()).findings;
    expect(finding?.witness).toMatchObject({ protocol: 'tcp', dstPort: 5433 });
  });

  it('and puts a workload into the network of another tenant is found out', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    await place.succeed('sync');
    const vnis = (objects: readonly OverlayObject[], segment: string): number =>
      objects.flatMap((object) =>
        object.kind === 'network' && object.segment === segment ? [object.vni] : [],
      )[0] ?? 0;
    await driveSpoiled(place, {
      shard: 'shard-1',
      spoil: (objects) =>
        objects.map((object) =>
          keyOf(object) === 'binding/acme-corp/web-1' && object.kind === 'binding'
            ? { ...object, vni: vnis(objects, 'globex/web') }
            : object,
        ),
    });
    expect(await expectRealViolations(place)).toContain('acme-corp/web -> globex/web');
  });

  it('and forgets the longer prefixes of other externals is found out', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    await place.succeed('sync');
    await driveSpoiled(place, {
      shard: 'shard-2',
      spoil: (objects) =>
        objects.map((object) => (object.kind === 'binding' ? { ...object, except: [] } : object)),
    });
    expect(await expectRealViolations(place)).toContain('internet -> mail-relay/relay');
  });

  it('and forgets an acl shows as missing, which is no violation', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    await place.succeed('sync');
    await driveSpoiled(place, {
      shard: 'shard-1',
      spoil: (objects) =>
        objects.filter(
          (object) => object.kind !== 'acl' || object.to !== 'globex/database' || object.side !== 'ingress',
        ),
    });
    const report = await place.verify();
    expect(report.verdict).toBe('proven');
    expect(report.findings.map(({ kind, from, to }) => `${kind} ${from} -> ${to}`)).toContain(
      'missing acme-corp/web -> globex/database',
    );
  });
});
