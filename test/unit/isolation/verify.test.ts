import { describe, expect, test } from 'vitest';
import { connections } from '../../../src/verify/connections.ts';
import { NoSuchInstant, UnknownEnd } from '../../../src/verify/faults.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import { verify, type Report } from '../../../src/verify/verify.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { external, policy, tenant } from './documents.ts';
import { after, History, start } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { carriedOut, leaking, objects } from './small-estate.ts';
import { acls, binding } from './wiring.ts';

function verified(
  history: History,
  rest: { at?: Instant; lane?: 'intended' | 'applied'; tenant?: string; peer?: string } = {},
): Promise<Report> {
  const clock = new ManualClock(history.now);
  return verify(ledgerOf(history), { at: { kind: 'now' }, lane: 'applied', clock, ...rest });
}

describe('verify', () => {
  test('given a ledger that says what the overlay does, and it is what both sides allowed, it is proven', async () => {
    expect(await verified(carriedOut())).toEqual({
      formatVersion: 1,
      verdict: 'proven',
      lane: 'applied',
      scope: { fromSeq: 14, toSeq: 14, from: start, to: start },
      findings: [],
      gaps: [],
      vouched: [],
    });
  });

  test('given a leak, it is violated, with a packet, a window and the rules', async () => {
    const report = await verified(leaking());
    expect(report.verdict).toBe('violated');
    expect(report.findings).toEqual([
      {
        kind: 'isolation',
        from: 'a/s',
        to: 'c/s',
        witness: { src: '10.1.0.1', dst: '10.3.0.1', protocol: 'tcp', srcPort: 40_000, dstPort: 22 },
        rules: acls({ from: 'a/s', to: 'c/s', protocol: 'tcp', ports: [[22, 22]] }).map(({ id }) => id),
        window: {
          openedBy: {
            seq: 15,
            id: '00000000-0000-7000-8000-00000000000f',
            type: 'ChangePlanned',
            time: after(10),
          },
          closedBy: null,
        },
      },
    ]);
  });

  test('given only what is missing or pending, it is proven all the same', async () => {
    const report = await verified(carriedOut().record(policy('b', {})));
    expect([report.verdict, ...report.findings.map(({ kind }) => kind)]).toEqual([
      'proven',
      'pending-revocation',
      'pending-revocation',
    ]);
    const missing = await verified(new History().record(...(carriedOut().batches[0]?.entries ?? [])));
    expect([missing.verdict, ...new Set(missing.findings.map(({ kind }) => kind))]).toEqual([
      'proven',
      'missing',
    ]);
  });

  test('given something that entries leave open, it is unknown, unless something is found', async () => {
    const ghost = binding('c/ghost', { vni: 3, host: 'hv-1', ips: ['10.3.0.9'] });
    const open = await verified(carriedOut([...objects, ghost]), { tenant: 'a', peer: 'c' });
    expect([open.verdict, open.gaps.length, open.reach?.[0]?.reach]).toEqual(['unknown', 1, 'unknown']);
    const both = leaking().plan([...objects, ghost]);
    expect((await verified(both)).verdict).toBe('violated');
  });

  test('given a tenant and its peer, only what lies between them counts, and the answer says whether one reaches the other', async () => {
    const between = async (tenant: string, peer?: string): Promise<unknown[]> => {
      const { verdict, findings, reach } = await verified(leaking(), {
        tenant,
        ...(peer === undefined ? {} : { peer }),
      });
      return [verdict, findings.length, ...(reach ?? []).map((one) => one.reach)];
    };
    expect(await between('a')).toEqual(['violated', 1]);
    expect(await between('b')).toEqual(['proven', 0]);
    expect(await between('a', 'c')).toEqual(['violated', 1, 'unauthorised']);
    expect(await between('c/s', 'a')).toEqual(['violated', 1, 'none']);
    expect(await between('a', 'b/s')).toEqual(['proven', 0, 'authorised']);
    expect(await between('x', 'b')).toEqual(['proven', 0, 'authorised']);
    expect(await between('b', 'x')).toEqual(['proven', 0, 'none']);
  });

  test('given the intended lane, an air gap that rules cross is a violation and not reach', async () => {
    const history = carriedOut().record(
      tenant('c', { isolation: 'air-gapped' }),
      policy('c', { ingress: [{ source: 'b' }] }),
      policy('b', { egress: [{ destination: 'c' }] }),
    );
    const report = await verified(history, { lane: 'intended', tenant: 'b', peer: 'c' });
    expect([report.verdict, report.findings[0]?.kind, report.reach?.[0]?.reach]).toEqual([
      'violated',
      'airgap',
      'unauthorised',
    ]);
  });
});

describe('instants', () => {
  const seqOf = async (at: Instant): Promise<unknown[]> => {
    const { scope, verdict } = await verified(leaking(), { at });
    expect([scope.fromSeq, scope.from]).toEqual([scope.toSeq, scope.to]);
    return [scope.toSeq, scope.to, verdict];
  };

  test('given an entry, it is the end of its batch, at the time that this was recorded', async () => {
    expect(await seqOf({ kind: 'seq', seq: 14 })).toEqual([14, start, 'proven']);
    expect(await seqOf({ kind: 'seq', seq: 13 })).toEqual([14, start, 'proven']);
    expect(await seqOf({ kind: 'seq', seq: 15 })).toEqual([15, after(10), 'violated']);
    expect(await seqOf({ kind: 'seq', seq: 16 })).toEqual([17, after(20), 'violated']);
  });

  test('given a time, it is the last batch recorded at or before it, at that time', async () => {
    expect(await seqOf({ kind: 'time', instant: after(9.999) })).toEqual([14, after(9.999), 'proven']);
    expect(await seqOf({ kind: 'time', instant: after(10) })).toEqual([15, after(10), 'violated']);
    expect(await seqOf({ kind: 'time', instant: after(-1) })).toEqual([-1, after(-1), 'unknown']);
  });

  test('given now, it is the head, at the time of the clock but never before it was recorded', async () => {
    expect(await seqOf({ kind: 'now' })).toEqual([17, after(30), 'violated']);
    const clock = new ManualClock(after(5));
    const { scope } = await verify(ledgerOf(leaking()), { at: { kind: 'now' }, lane: 'applied', clock });
    expect(scope.to).toBe(after(20));
  });

  test('given an entry that is not there yet, there is no answer', async () => {
    await expect(verified(leaking(), { at: { kind: 'seq', seq: 18 } })).rejects.toThrow(
      new NoSuchInstant({ seq: 18, head: 17 }),
    );
    await expect(verified(new History(), { at: { kind: 'seq', seq: 0 } })).rejects.toThrow('which is empty');
  });
});

describe('time of which the ledger knows nothing', () => {
  const gapsAt = async (
    history: History,
    { at, lane }: { at: Instant; lane: 'intended' | 'applied' },
  ): Promise<unknown[]> => {
    const { verdict, gaps, reach } = await verified(history, { at, lane, tenant: 'a', peer: 'b' });
    return [
      verdict,
      reach?.[0]?.reach,
      ...gaps.map(({ kind, about, problem }) => `${kind} ${about}: ${problem}`),
    ];
  };

  test.each(['intended', 'applied'] as const)(
    'given an empty ledger, the %s lane is unknown',
    async (lane) => {
      const { verdict, gaps } = await verified(new History(), { lane });
      expect([verdict, gaps]).toEqual([
        'unknown',
        [{ kind: 'ledger', about: 'ledger', problem: 'nothing was recorded yet' }],
      ]);
    },
  );

  test('given a time before the first entry, nothing is known', async () => {
    const before: Instant = { kind: 'time', instant: after(-1) };
    for (const lane of ['intended', 'applied'] as const) {
      const { verdict, gaps } = await verified(carriedOut(), { at: before, lane });
      expect([verdict, gaps]).toEqual([
        'unknown',
        [
          {
            kind: 'ledger',
            about: 'ledger',
            problem: `the ledger begins at ${start}: nothing is known of before`,
          },
        ],
      ]);
    }
    expect((await verified(carriedOut(), { at: { kind: 'time', instant: start } })).verdict).toBe('proven');
  });

  test('given a time still to come, others may have changed everything by then', async () => {
    const history = carriedOut().wait(10);
    const toCome: Instant = { kind: 'time', instant: after(10.001) };
    expect(await gapsAt(history, { at: toCome, lane: 'applied' })).toEqual([
      'unknown',
      'unknown',
      `ledger ledger: what comes after ${after(10)} is still to come: hosts may hold something else by then`,
    ]);
    expect(await gapsAt(history, { at: toCome, lane: 'intended' })).toEqual([
      'unknown',
      'unknown',
      `ledger ledger: what comes after ${after(10)} is still to come: documents may ask for something else by then`,
    ]);
    const now: Instant = { kind: 'time', instant: after(10) };
    expect(await gapsAt(history, { at: now, lane: 'applied' })).toEqual(['proven', 'authorised']);
  });

  test.each([
    ['a revocation that nobody carries out', carriedOut().record(policy('b', {}))],
    ['a leak that stands now', leaking()],
  ])('given %s, hosts at a time to come are unknown, and nothing is found', async (_what, history) => {
    const { verdict, findings, gaps, reach } = await verified(history, {
      at: { kind: 'time', instant: after(600) },
      lane: 'applied',
      tenant: 'a',
      peer: 'c',
    });
    expect([verdict, findings, gaps.map(({ kind }) => kind)]).toEqual(['unknown', [], ['ledger']]);
    expect(reach?.map((stretch) => stretch.reach)).toEqual(['unknown']);
  });

  test('given a clock behind the last entry, what was recorded is not still to come', async () => {
    const clock = new ManualClock(start);
    const at: Instant = { kind: 'time', instant: after(10) };
    const ledger = ledgerOf(carriedOut().wait(10).record(tenant('d')));
    expect((await verify(ledger, { at, lane: 'applied', clock })).verdict).toBe('proven');
  });
});

describe('a name that nobody has', () => {
  const history = carriedOut()
    .wait(10)
    .record(tenant('newbie', { segments: ['s', 't'] }));
  history.wait(10).record(tenant('newbie')).record(external('far'));
  history.wait(10).record({ type: 'TenantRetired', data: { tenant: 'newbie' } });
  history.record({ type: 'ExternalRetired', data: { external: 'far' } }).record(tenant('e'));
  const complaint = async (name: string, at: number): Promise<string> => {
    try {
      await verified(history, { tenant: name, at: { kind: 'time', instant: after(at) } });
    } catch (fault) {
      if (fault instanceof UnknownEnd) return fault.message.replace('no tenant, segment or external is ', '');
      throw fault;
    }
    return 'none';
  };

  test('says as of when, and who had it or will have it', async () => {
    expect(await complaint('newbie', 30)).toBe(
      `called newbie as of seq 20, ${after(30)}; a tenant of that name was retired at seq 18, ${after(30)}`,
    );
    expect(await complaint('newbie', 9)).toBe(
      `called newbie as of seq 14, ${after(9)}; a tenant of that name is registered only at seq 15, ${after(10)}`,
    );
    expect(await complaint('newbie/t', 25)).toBe(
      `called newbie/t as of seq 17, ${after(25)}; a segment of that name was retired at seq 16, ${after(20)}`,
    );
    expect(await complaint('newbie/s', 30)).toMatch(/a segment of that name was retired at seq 18/);
    expect(await complaint('far', 30)).toMatch(/an external of that name was retired at seq 19/);
    expect(await complaint('far', -5)).toBe(
      `called far as of ${after(-5)}, before the first entry; an external of that name is registered only at seq 17, ${after(20)}`,
    );
    expect(await complaint('newbie', 25)).toBe('none');
  });

  test('says nothing of the kind where nobody ever had it', async () => {
    expect(await complaint('newbi', 25)).toBe(
      `called newbi as of seq 17, ${after(25)}; did you mean newbie?`,
    );
    expect(await complaint('newbie/u', 25)).toBe(
      `called newbie/u as of seq 17, ${after(25)}; did you mean newbie/s?`,
    );
    expect(await complaint('who-ever', 25)).toBe(`called who-ever as of seq 17, ${after(25)}`);
  });
});

describe('connections', () => {
  const rowsOf = async (rest: {
    lane?: 'intended' | 'applied';
    from?: string;
    to?: string;
  }): Promise<string[]> => {
    const history = leaking();
    const clock = new ManualClock(history.now);
    const answer = await connections(ledgerOf(history), {
      at: { kind: 'now' },
      lane: 'intended',
      clock,
      ...rest,
    });
    expect(answer).toMatchObject({
      formatVersion: 1,
      at: { seq: 17, time: after(30) },
      lane: rest.lane ?? 'intended',
    });
    return answer.connections.map(({ from, to, protocol, ports }) => `${from} -> ${to} ${protocol} ${ports}`);
  };

  test('given a lane, they are what is intended or what is applied', async () => {
    const intended = ['a/s -> b/s tcp 443,8000-8100', 'a/s -> x tcp 443', 'x -> b/s tcp 443'];
    expect(await rowsOf({})).toEqual(intended);
    const [first = '', ...others] = intended;
    expect(await rowsOf({ lane: 'applied' })).toEqual([first, 'a/s -> c/s tcp 22', ...others]);
  });

  test('given ends, only theirs are listed; a name that nobody has is an error with the nearest one', async () => {
    expect(await rowsOf({ from: 'a', to: 'x' })).toEqual(['a/s -> x tcp 443']);
    expect(await rowsOf({ to: 'b/s', from: 'x' })).toEqual(['x -> b/s tcp 443']);
    expect(await rowsOf({ from: 'c' })).toEqual([]);
    await expect(rowsOf({ from: 'c/t' })).rejects.toThrow(
      new UnknownEnd('c/t', { when: `as of seq 17, ${after(30)}`, nearest: 'c/s' }),
    );
    await expect(rowsOf({ to: 'somebody-else' })).rejects.toThrow('no tenant, segment or external');
  });

  test('given tenants recorded in any order, rows are sorted', async () => {
    const clock = new ManualClock(start);
    const history = new History().record(
      tenant('b', { segments: ['t', 's'] }),
      tenant('a', { segments: ['t', 's'] }),
    );
    const { connections: rows } = await connections(ledgerOf(history), {
      at: { kind: 'now' },
      lane: 'intended',
      clock,
    });
    expect(rows.map(({ from, to }) => `${from} ${to}`)).toEqual(['a/s a/t', 'a/t a/s', 'b/s b/t', 'b/t b/s']);
  });
});
