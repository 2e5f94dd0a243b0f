import { describe, expect, it } from 'vitest';
import { requireAccess } from '../../../src/api/access.ts';
import { exposition } from '../../../src/api/metrics/exposition.ts';
import { roleMetrics } from '../../../src/api/metrics/role-metrics.ts';
import { problemOf, Unanswered } from '../../../src/api/problem.ts';
import { readinessOf } from '../../../src/api/readiness.ts';
import { LedgerDamaged } from '../../../src/ledger/faults.ts';
import { RoleStandings } from '../../../src/serve/states.ts';
import { UsageError } from '../../../src/runtime/errors.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';

describe('metrics in text', () => {
  it('escape what labels and explanations hold, and leave out what has no value', () => {
    const gauge = (help: string, samples: { labels?: Record<string, string>; value: number }[]): string =>
      exposition([{ type: 'gauge', name: 'a', help, samples }]);
    expect(gauge('one\\two\nthree', [{ labels: { b: 'say "x"\\\n' }, value: 1.5 }])).toBe(
      '# HELP a one\\\\two\\nthree\n# TYPE a gauge\na{b="say \\"x\\"\\\\\\n"} 1.5\n',
    );
    expect(gauge('none', [])).toBe('');
    expect(gauge('far', [{ value: Infinity }, { value: -Infinity }])).toMatch(/\na \+Inf\na -Inf\n$/);
  });

  it('tell a histogram by its bounds, the last of them endless', () => {
    const samples = [{ labels: { shard: 's' }, buckets: [{ atMost: 0.1, count: 2 }], count: 3, sum: 4.5 }];
    expect(exposition([{ type: 'histogram', name: 'h', help: 'x', samples }])).toBe(
      [
        ...['# HELP h x', '# TYPE h histogram', 'h_bucket{shard="s",le="0.1"} 2'],
        ...['h_bucket{shard="s",le="+Inf"} 3', 'h_sum{shard="s"} 4.5', 'h_count{shard="s"} 3', ''],
      ].join('\n'),
    );
  });
});

describe('how a process stands', () => {
  const why = { code: 'LedgerForked', words: 'somebody else wrote' };

  it('is ready while each role is at work or in the hands of another process', () => {
    const clock = new ManualClock();
    const standings = new RoleStandings(clock);
    standings.set('clock', { kind: 'waiting', holder: 'process 1 on other' });
    standings.tell('applier/east', { seq: 5, behind: 0 });
    standings.tell('publisher', { seq: 3, behind: 2 });
    expect(readinessOf(standings)).toEqual({
      ready: true,
      roles: {
        clock: { state: 'waiting', holder: 'process 1 on other' },
        'applier/east': { state: 'following', seq: 5 },
        publisher: { state: 'behind', seq: 3, entries: 2, seconds: 0 },
      },
    });
  });

  it('is not ready where one does not run, and says why', () => {
    const standings = new RoleStandings(new ManualClock());
    standings.set('publisher', { kind: 'stopped', why });
    expect(readinessOf(standings)).toEqual({ ready: false, roles: { publisher: { state: 'stopped', why } } });
    standings.set('publisher', { kind: 'restarting', why, times: 3 });
    expect(readinessOf(standings).ready).toBe(false);
    const text = exposition(roleMetrics(standings, new Map([['publisher', 7]])));
    expect(text).toContain('isoledger_role_state{role="publisher",state="restarting"} 1\n');
    expect(text).toContain('isoledger_role_failures_in_a_row{role="publisher"} 3\n');
    expect(text).toContain('isoledger_role_term{role="publisher"} 7\n');
    expect(text).not.toContain('isoledger_role_lag_entries');
  });
});

describe('a role that fails again and again', () => {
  it('keeps its last fault, the number of them, and how far it is behind, until it has come further', () => {
    const clock = new ManualClock();
    const standings = new RoleStandings(clock);
    const kind = (): unknown => standings.all().get('publisher')?.kind;
    const text = (): string => exposition(roleMetrics(standings, new Map()));
    standings.sawHead(5);
    standings.tell('publisher', { seq: 5, behind: 0 });
    const why = { code: 'RolesUnavailable', words: 'no server' };
    standings.set('publisher', { kind: 'restarting', why, times: 1 });
    standings.sawHead(7);
    clock.pass(2_000);
    standings.set('publisher', { kind: 'starting' });
    expect(kind()).toBe('restarting');
    expect(text()).toContain('isoledger_role_failures_in_a_row{role="publisher"} 1\n');
    expect(text()).toContain('isoledger_role_lag_entries{role="publisher"} 2\n');
    expect(text()).toContain('isoledger_role_lag_seconds{role="publisher"} 2\n');
    standings.tell('publisher', { seq: 5, behind: 2 });
    expect(kind()).toBe('restarting');
    standings.tell('publisher', { seq: 6, behind: 1 });
    expect([kind(), standings.failuresInARow('publisher')]).toEqual(['behind', 1]);
    clock.pass(60_000);
    expect(standings.failuresInARow('publisher')).toBe(0);
  });
});

describe('a process whose ledger cannot be read', () => {
  it('is not ready, and says of no role that it follows', () => {
    const clock = new ManualClock();
    const standings = new RoleStandings(clock);
    standings.tell('clock', { seq: 5, behind: 0 });
    standings.tell('publisher', { seq: 3, behind: 2 });
    const why = { code: 'StoreUnavailable', words: 'it is busy' };
    standings.ledgerFailed(why);
    expect(readinessOf(standings)).toEqual({
      ...{ ready: false, ledger: why },
      roles: {
        clock: { state: 'behind', seq: 5, entries: 0, seconds: 0, why },
        publisher: { state: 'behind', seq: 3, entries: 2, seconds: 0, why },
      },
    });
    standings.ledgerAnswered();
    expect(readinessOf(standings)).toMatchObject({ ready: true, roles: { clock: { state: 'following' } } });
  });
});

describe('access', () => {
  const refused = (access: Parameters<typeof requireAccess>, status: number): void => {
    expect(() => {
      requireAccess(...access);
    }).toThrow(expect.objectContaining({ status }));
  };

  it('asks for the token where there is one', () => {
    const access = { token: 'a-token-of-some-length', isLoopback: true };
    requireAccess(access, { host: 'x', authorization: 'Bearer a-token-of-some-length' });
    for (const authorization of [undefined, '', 'Bearer ', 'Bearer other', 'Basic a-token-of-some-length'])
      refused([access, { host: 'localhost', authorization }], 401);
  });

  it('answers without one to names of this machine alone', () => {
    const access = { token: undefined, isLoopback: true };
    for (const host of ['localhost', 'LOCALHOST:9464', '127.0.0.1:1', '127.3.2.1', '[::1]:9464'])
      requireAccess(access, { host, authorization: undefined });
    for (const host of [undefined, '', 'evil.example', '127.0.0.1.evil.example:80', 'localhost.evil.example'])
      refused([access, { host, authorization: undefined }], 421);
  });
});

describe('a problem', () => {
  it('has a status by what kind of fault it is, and keeps faults of our own to the log', () => {
    expect(problemOf(new UsageError('no such event'))).toMatchObject({
      ...{ type: 'urn:isoledger:problem:usage-error', status: 400, detail: 'no such event' },
    });
    expect(problemOf(new LedgerDamaged('x'))).toMatchObject({ status: 500 });
    expect(problemOf(new TypeError('undefined is not a secret'))).toMatchObject({
      ...{ status: 500, detail: 'the log of the service has more' },
    });
    const gone = new Unanswered('words', { code: 'NotFound', status: 404, title: 'title' });
    expect(problemOf(gone)).toEqual({
      ...{ type: 'urn:isoledger:problem:not-found', status: 404, title: 'title', detail: 'words' },
    });
  });
});
