import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { JoinedAppends } from '../../../src/apply/drive/joined-appends.ts';
import type { AppendRequest, AppendResult } from '../../../src/ledger/port.ts';
import { nextTurn } from '../../../src/runtime/next-turn.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';

const event = (host: string): DomainEvent => ({
  type: 'ChangeFailed',
  data: { shard: 's', host, plan: 1, problem: 'away' },
});

/** A ledger whose appends take a few turns, and fail for a host of a certain name. */
class SlowLedger extends MemoryLedger {
  readonly batches: string[][] = [];

  override async append(request: AppendRequest): Promise<AppendResult> {
    for (let turns = 3; turns > 0; turns -= 1) await nextTurn();
    const hosts = request.events.map(({ subject }) => subject);
    if (JSON.stringify(request.events).includes('"bad"')) throw new Error('no good');
    this.batches.push(hosts);
    return super.append(request);
  }
}

function open(): { ledger: SlowLedger; appends: JoinedAppends } {
  const ledger = new SlowLedger({ clock: new ManualClock(), ids: randomIds });
  return { ledger, appends: new JoinedAppends({ ledger, actor: { name: 'a', authenticated: 'asserted' } }) };
}

describe('appends that come together', () => {
  it('are one batch, and those that come meanwhile the next', async () => {
    const { ledger, appends } = open();
    const first = [appends.append([event('a')]), appends.append([event('b'), event('c')])];
    await nextTurn();
    await nextTurn();
    await Promise.all([...first, appends.append([event('d')]), appends.append([event('e')])]);
    await appends.append([event('f')]);
    expect(ledger.batches.map(({ length }) => length)).toEqual([3, 2, 1]);
  });

  it('fail together, and for nobody else', async () => {
    const { ledger, appends } = open();
    const [good, bad] = [appends.append([event('a')]), appends.append([event('bad')])];
    await nextTurn();
    await nextTurn();
    const next = appends.append([event('b')]);
    await expect(good).rejects.toThrow('no good');
    await expect(bad).rejects.toThrow('no good');
    await next;
    expect(ledger.batches).toHaveLength(1);
  });
});
