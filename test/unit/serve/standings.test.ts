import { describe, expect, it } from 'vitest';
import { RoleStandings } from '../../../src/serve/states.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';

const begin = '2026-03-01T12:00:00.000Z';

function standingsAt(clock: ManualClock): RoleStandings {
  const standings = new RoleStandings(clock);
  standings.followedFrom(9);
  standings.follows('forwarder/hook', 'all');
  standings.follows('applier/east', ['tenant', 'overlay/east']);
  standings.follows('http', []);
  return standings;
}

describe('how far a role is behind', () => {
  it('is told by what arrives, and not by the role, which may hang', () => {
    const clock = new ManualClock(begin);
    const standings = standingsAt(clock);
    for (const role of ['forwarder/hook', 'applier/east', 'http']) standings.tell(role, { seq: 9 });
    standings.tell('forwarder/hook', { seq: 9, waitsFor: { what: 'the receiver', since: begin } });
    standings.arrived({ seq: 10, subject: 'tenant/acme', recordedAt: begin });
    standings.arrived({ seq: 11, subject: 'overlay/west', recordedAt: begin });
    clock.pass(47_000);
    expect(Object.fromEntries(standings.all())).toEqual({
      'forwarder/hook': {
        ...{ kind: 'behind', seq: 9, entries: 2, seconds: 47 },
        waitsFor: { what: 'the receiver', since: begin },
      },
      'applier/east': { kind: 'behind', seq: 9, entries: 1, seconds: 47 },
      http: { kind: 'following', seq: 11 },
    });
    standings.tell('applier/east', { seq: 10 });
    expect(standings.all().get('applier/east')).toEqual({ kind: 'following', seq: 11 });
    standings.tell('forwarder/hook', { seq: 10 });
    expect(standings.lagOf('forwarder/hook')).toMatchObject({ entries: 1, seconds: 47 });
  });

  it('says what a role waits for that was started again, and got no further for that', () => {
    const standings = standingsAt(new ManualClock(begin));
    standings.arrived({ seq: 10, subject: 'tenant/acme', recordedAt: begin });
    const why = { code: 'LeaseLost', words: 'the lease of the role was lost' };
    const waitsFor = { what: 'the receiver', since: begin };
    for (const role of ['forwarder/hook', 'applier/east']) {
      standings.tell(role, { seq: 9 });
      standings.set(role, { kind: 'restarting', why, times: 1 });
      standings.set(role, { kind: 'starting' });
    }
    standings.tell('forwarder/hook', { seq: 9, waitsFor });
    standings.tell('applier/east', { seq: 9 });
    expect(standings.all().get('forwarder/hook')).toMatchObject({ kind: 'behind', entries: 1, waitsFor });
    expect(standings.all().get('applier/east')).toEqual({ kind: 'restarting', why, times: 1 });
  });

  it('counts what is in the ledger and did not arrive yet, since it may be for anybody', () => {
    const standings = standingsAt(new ManualClock(begin));
    standings.tell('applier/east', { seq: 9 });
    standings.tell('http', { seq: -1 });
    standings.sawHead(12);
    expect(standings.lagOf('applier/east')?.entries).toBe(3);
    expect(standings.all().get('http')).toEqual({ kind: 'following', seq: 12 });
  });

  it('counts in seconds from when an entry was recorded, also before this process began', () => {
    const clock = new ManualClock(begin);
    const standings = standingsAt(clock);
    standings.tell('forwarder/hook', { seq: 3 });
    standings.tell('applier/east', { seq: 9 });
    expect([...standings.undated()]).toEqual([['forwarder/hook', 4]]);
    expect(standings.lagOf('forwarder/hook')).toMatchObject({ entries: 6, seconds: 0 });
    standings.dated('forwarder/hook', { seq: 4, recordedAt: '2026-03-01T11:00:00.000Z' });
    expect([...standings.undated()]).toEqual([]);
    expect(standings.lagOf('forwarder/hook')).toMatchObject({ entries: 6, seconds: 3_600 });
    standings.tell('forwarder/hook', { seq: 4 });
    expect([...standings.undated()]).toEqual([['forwarder/hook', 5]]);
  });

  it('takes no more memory, however much arrives', () => {
    const standings = standingsAt(new ManualClock(begin));
    standings.tell('forwarder/hook', { seq: 9 });
    standings.tell('applier/east', { seq: 9 });
    for (let seq = 10; seq < 20_010; seq += 1)
      standings.arrived({ seq, subject: 'tenant/acme', recordedAt: begin });
    expect(standings.lagOf('forwarder/hook')?.entries).toBe(20_000);
    // Those that are kept: it is behind by that many at least.
    expect(standings.lagOf('applier/east')?.entries).toBeLessThanOrEqual(8_192);
    expect(standings.lagOf('applier/east')?.entries).toBeGreaterThanOrEqual(4_096);
  });

  it('says that the ledger does not answer as long as one of those who ask finds that', () => {
    const clock = new ManualClock(begin);
    const standings = standingsAt(clock);
    standings.tell('applier/east', { seq: 9 });
    standings.ledgerFailed({ code: 'LedgerSilent', words: 'silent' }, 'asking');
    clock.pass(1_000);
    standings.ledgerFailed({ code: 'LedgerForked', words: 'forked' });
    clock.pass(1_000);
    standings.ledgerAnswered('asking');
    expect([standings.ledgerFailure?.code, standings.ledgerFailureSeconds]).toEqual(['LedgerForked', 1]);
    standings.ledgerAnswered();
    expect([standings.ledgerFailure, standings.ledgerFailureSeconds]).toEqual([undefined, 0]);
  });
});
