import { expect, it } from 'vitest';
import { decodeEntry } from '../../../events/codec/decode.ts';
import { quarantinedNames, type Quarantinable } from '../../../projections/intended/quarantine.ts';
import { enact } from '../../../src/apply/record/enact.ts';
import { setQuarantine } from '../../../src/apply/record/quarantine.ts';
import type { AppendRequest, AppendResult } from '../../../src/ledger/port.ts';
import { estateProjection } from '../../../src/projector/estate-projection.ts';
import { unfolded } from '../../../src/projector/projection.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { documentsOf } from '../../support/documents.ts';

const actor = { name: 'ada', authenticated: 'asserted' } as const;
const newKey = (): string => randomIds(systemClock.now());

/** A ledger in which somebody else comes first, once. */
class OvertakenLedger extends MemoryLedger {
  overtake: (() => Promise<unknown>) | undefined;

  override async append(request: AppendRequest): Promise<AppendResult> {
    const overtake = this.overtake;
    this.overtake = undefined;
    await overtake?.();
    return super.append(request);
  }
}

const before = `
{ kind: Tenant, tenant: acme, segments: [a, b] }
---
{ kind: Tenant, tenant: other, segments: [a] }
---
{ kind: External, external: far, cidrs: [198.51.100.0/24] }`;

it.each<[subject: Quarantinable, after: string]>([
  [{ kind: 'tenant', name: 'acme' }, '{ kind: Tenant, tenant: other, segments: [a] }'],
  [{ kind: 'segment', name: 'acme/b' }, '{ kind: Tenant, tenant: acme, segments: [a] }'],
  [{ kind: 'external', name: 'far' }, '{ kind: Tenant, tenant: other, segments: [a] }'],
])('records nothing about %j that somebody else has just retired', async (subject, after) => {
  const ledger = new OvertakenLedger({ clock: systemClock, ids: randomIds });
  const request = { ledger, clock: systemClock, actor };
  const apply = async (yaml: string): Promise<unknown> => {
    const documents = await documentsOf(yaml);
    const asked = { documents, prune: 'all' as const, idempotencyKey: newKey() };
    return enact({ ...request, ...asked }, unfolded(estateProjection));
  };
  await apply(before);
  ledger.overtake = () => apply(after);
  const asked = { ...request, subject, idempotencyKey: newKey() };
  const { recorded, estate } = await setQuarantine(asked, 'quarantine', unfolded(estateProjection));
  expect(recorded).toBeUndefined();
  expect(quarantinedNames(estate.state.intended.quarantine)).toEqual([]);
});

it.each<[subject: Quarantinable, types: string[], about: string]>([
  [{ kind: 'tenant', name: 'acme' }, ['TenantQuarantined', 'TenantReleased'], 'tenant/acme'],
  [{ kind: 'segment', name: 'acme/b' }, ['SegmentQuarantined', 'SegmentReleased'], 'tenant/acme'],
  [{ kind: 'external', name: 'far' }, ['ExternalQuarantined', 'ExternalReleased'], 'external/far'],
])('records the quarantine of %j and its end once each', async (subject, types, about) => {
  const ledger = new MemoryLedger({ clock: systemClock, ids: randomIds });
  const request = { ledger, clock: systemClock, actor };
  const documents = await documentsOf(before);
  await enact({ ...request, documents, idempotencyKey: newKey() }, unfolded(estateProjection));
  const { size } = await ledger.head();
  for (const intent of ['quarantine', 'quarantine', 'release', 'release'] as const)
    await setQuarantine(
      { ...request, subject, idempotencyKey: newKey() },
      intent,
      unfolded(estateProjection),
    );
  const recorded: string[] = [];
  for await (const stored of ledger.read({ after: size - 1 })) {
    const entry = decodeEntry(stored);
    recorded.push(`${entry.type} ${entry.subject}`);
  }
  expect(recorded).toEqual(types.map((type) => `${type} ${about}`));
});
