import { expect, it } from 'vitest';
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

it('records nothing about a tenant that somebody else has just retired', async () => {
  const ledger = new OvertakenLedger({ clock: systemClock, ids: randomIds });
  const request = { ledger, clock: systemClock, actor };
  const apply = async (yaml: string): Promise<unknown> => {
    const documents = await documentsOf(yaml);
    const asked = { documents, prune: 'all' as const, idempotencyKey: newKey() };
    return enact({ ...request, ...asked }, unfolded(estateProjection));
  };
  await apply(
    '{ kind: Tenant, tenant: acme, segments: [a] }\n---\n{ kind: Tenant, tenant: other, segments: [a] }',
  );
  ledger.overtake = () => apply('{ kind: Tenant, tenant: other, segments: [a] }');
  const asked = { ...request, tenant: 'acme', idempotencyKey: newKey() };
  const { recorded, estate } = await setQuarantine(asked, 'quarantine', unfolded(estateProjection));
  expect(recorded).toBeUndefined();
  expect([...estate.state.intended.quarantined]).toEqual([]);
});
