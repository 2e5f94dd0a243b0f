import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { decodeEntry } from '../../../events/codec/decode.ts';
import { draftOf } from '../../../events/draft.ts';
import { Conflict } from '../../../src/ledger/faults.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { nextTurn } from '../../../src/runtime/next-turn.ts';
import { Arrivals } from '../../../src/serve/arrivals.ts';
import { fencedLedger, RoleLost } from '../../../src/serve/fenced-ledger.ts';
import { isRoleConflict, RoleRecord } from '../../../src/serve/role-record.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { actor } from '../../support/stage.ts';
import { samples } from '../events/samples.ts';

const newLedger = (): MemoryLedger => new MemoryLedger({ clock: new ManualClock(), ids: randomIds });
const recordOf = (ledger: MemoryLedger, pid: number): RoleRecord =>
  new RoleRecord({ ledger, actor, holder: { host: 'control-1', pid } });
const append = (ledger: Pick<MemoryLedger, 'append'>): Promise<unknown> =>
  ledger.append({ events: [draftOf(samples.ChangePlanned)], actor });

describe('whoever takes a role', () => {
  it('is recorded, with a term that counts up for each role', async () => {
    const ledger = newLedger();
    const [one, other] = [recordOf(ledger, 1), recordOf(ledger, 2)];
    await Promise.all([one.take('clock'), one.take('applier/east')]);
    await other.take('clock');
    const taken: unknown[] = [];
    for await (const stored of ledger.read()) {
      const { subject, data } = decodeEntry(stored);
      taken.push([subject, data]);
    }
    const holder = { host: 'control-1', pid: 1 };
    expect(taken).toEqual([
      ['role/clock', { role: 'clock', holder, term: 1 }],
      ['role/applier.east', { role: 'applier/east', holder, term: 1 }],
      ['role/clock', { role: 'clock', holder: { ...holder, pid: 2 }, term: 2 }],
    ]);
  });

  it('is not recorded again where the same process begins anew, and nobody took it since', async () => {
    const ledger = newLedger();
    const [one, other] = [recordOf(ledger, 1), recordOf(ledger, 2)];
    await one.take('clock');
    await append(ledger);
    expect(await one.take('clock', { isAgain: true })).toEqual({
      subjects: ['role/clock'],
      unchangedSince: 1,
    });
    expect((await ledger.head()).size).toBe(2);
    await other.take('clock');
    await one.take('clock', { isAgain: true });
    expect((await ledger.head()).size).toBe(4);
  });

  it('keeps whoever had it before from recording anything as that role', async () => {
    const ledger = newLedger();
    const paused = fencedLedger(ledger, await recordOf(ledger, 1).take('applier/east'));
    await append(paused);
    await recordOf(ledger, 1).take('applier/west');
    await append(paused);
    const awake = fencedLedger(ledger, await recordOf(ledger, 2).take('applier/east'));
    const { size } = await ledger.head();
    await expect(append(paused)).rejects.toThrow(RoleLost);
    expect((await ledger.head()).size).toBe(size);
    await append(awake);
  });

  it('has nothing looked at again that arrived since without another one who took it', async () => {
    const ledger = newLedger();
    const ending = new AbortController();
    const arrivals = new Arrivals({ ledger, clock: new ManualClock(), after: -1 });
    const over = arrivals.follow(ending.signal, {
      log: pino({ level: 'silent' }),
      onFault: () => undefined,
      onAnswer: () => undefined,
    });
    const asked: unknown[] = [];
    const noting: typeof ledger.append = (request) => {
      asked.push(request.conditions);
      return ledger.append(request);
    };
    const base = { id: ledger.id, capabilities: ledger.capabilities, append: noting };
    const rest = { read: ledger.read.bind(ledger), subscribe: ledger.subscribe.bind(ledger) };
    const watched = { ...base, ...rest, head: ledger.head.bind(ledger), close: ledger.close.bind(ledger) };
    const fenced = fencedLedger(watched, await recordOf(ledger, 1).take('clock'), arrivals);
    await append(ledger);
    while (arrivals.seq < 1) await nextTurn();
    await append(fenced);
    expect(asked).toEqual([[{ subjects: ['role/clock'], unchangedSince: 1 }]]);
    await recordOf(ledger, 2).take('clock');
    await append(ledger);
    while (arrivals.seq < 4) await nextTurn();
    await expect(append(fenced)).rejects.toThrow(RoleLost);
    ending.abort();
    await over;
  });

  it('is told of another conflict as ever', async () => {
    const ledger = newLedger();
    const fence = await recordOf(ledger, 1).take('clock');
    await append(ledger);
    const conditions = [{ subjects: ['overlay'], unchangedSince: -1 }];
    const late = fencedLedger(ledger, fence).append({
      ...{ events: [draftOf(samples.ChangePlanned)], actor, conditions },
    });
    await expect(late).rejects.toThrow(Conflict);
  });

  it('is refused where another one was faster', async () => {
    const ledger = newLedger();
    const [one, other] = [recordOf(ledger, 1), recordOf(ledger, 2)];
    const both = await Promise.allSettled([one.take('clock'), other.take('clock')]);
    const refused = both.flatMap((outcome): unknown[] =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    );
    expect(refused.map((fault) => isRoleConflict(fault, 'clock'))).toEqual([true]);
  });
});
