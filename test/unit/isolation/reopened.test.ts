import { describe, expect, test } from 'vitest';
import { verify } from '../../../src/verify/verify.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { bound, endpoint, endpoints, policy } from './documents.ts';
import { found } from './found.ts';
import { after, type History } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { aToB, carriedOut, hosts, objects } from './small-estate.ts';
import { acls, cuts } from './wiring.ts';

const more: [number, number] = [8000, 8100];
const granted = policy('b', {
  ingress: [
    { source: 'a', protocol: 'tcp' },
    { source: 'x', protocol: 'tcp', ports: [[443, 443]] },
  ],
});
/** Nothing from `a` any more; the outside may still come in. */
const revoked = policy('b', { ingress: [{ source: 'x', protocol: 'tcp', ports: [[443, 443]] }] });
const cut = objects.filter((object) => object.kind !== 'acl' || object.from !== 'a/s' || object.to !== 'b/s');
const onlyMore = [...cut, ...acls({ ...aToB, ports: [more] })];

/** What is found of `a` and `b`, without packets. */
function ofThePair(history: History): string[] {
  return found(history)
    .filter((line) => !line.startsWith('missing'))
    .map((line) => line.split(':')[0] ?? '');
}

/** A revocation that every host carried out, by a plan or otherwise. */
function carriedOutRevocation(wait = 1): History {
  return carriedOut().wait(10).record(revoked).wait(wait).plan(cut).wait(wait).acknowledge(hosts).wait(wait);
}

describe('a revocation that was carried out', () => {
  test.each([1, 0])(
    'is over: what is open again after it is a violation at once (%i s between batches)',
    (wait) => {
      const history = carriedOutRevocation(wait);
      expect(ofThePair(history)).toEqual([]);
      expect(ofThePair(history.plan(objects))).toEqual(['isolation a/s -> b/s']);
      expect(ofThePair(history.wait(wait).acknowledge(hosts))).toEqual(['isolation a/s -> b/s']);
      expect(ofThePair(history.wait(60))).toEqual(['isolation a/s -> b/s']);
      expect(ofThePair(history.plan(cut).acknowledge(hosts))).toEqual([]);
    },
  );

  test('is over also where hosts were cut by a quarantine, and its end opens what was revoked meanwhile', () => {
    const history = carriedOut()
      .wait(10)
      .record({ type: 'TenantQuarantined', data: { tenant: 'a' } })
      .plan([...objects, ...cuts('a/s')])
      .acknowledge(hosts)
      .wait(1)
      .record(revoked)
      .record({ type: 'TenantReleased', data: { tenant: 'a' } })
      .wait(1);
    expect(ofThePair(history)).toEqual([]);
    expect(ofThePair(history.plan(objects).acknowledge(hosts))).toEqual(['isolation a/s -> b/s']);
  });

  test('is told with the plan that opened it again, at an instant and over an interval', async () => {
    const history = carriedOutRevocation().plan(objects).acknowledge(hosts).wait(1);
    const opened = history.seq - hosts.length;
    const clock = new ManualClock(history.now);
    const now = { kind: 'now' } as const;
    const window = { openedBy: { seq: opened, type: 'ChangePlanned' }, closedBy: null };
    const again = { kind: 'isolation', from: 'a/s', to: 'b/s', window };
    const instant = await verify(ledgerOf(history), { at: now, lane: 'applied', clock });
    expect(instant).toMatchObject({ verdict: 'violated', findings: [again] });
    const over = await verifyInterval(ledgerOf(history), { to: now, lane: 'applied', clock });
    const first = { openedBy: { type: 'PolicyEnacted' }, closedBy: { type: 'ChangeApplied' } };
    expect(over.findings.filter(({ kind, to }) => kind !== 'missing' && to === 'b/s')).toMatchObject([
      again,
      { kind: 'pending-revocation', from: 'a/s', window: first },
    ]);
  });

  test('is over for its traffic alone: what was never cut is still under way', () => {
    const history = carriedOut().wait(10).record(revoked).wait(1).plan(onlyMore).acknowledge(hosts).wait(1);
    expect(ofThePair(history)).toEqual(['pending-revocation a/s -> b/s']);
    const [violation, pending] = found(history.plan(objects)).filter((line) => !line.startsWith('missing'));
    expect(violation).toMatch(/^isolation a\/s -> b\/s: .* tcp 443$/);
    expect(pending).toMatch(/^pending-revocation a\/s -> b\/s: .* tcp 8000$/);
  });

  test('is over for whoever comes to one of its ports', () => {
    const history = carriedOutRevocation().record(
      endpoints('a', [], ['a1']),
      endpoints('c', [endpoint('c9', { host: 'hv-1', ips: ['10.3.0.9'], interface: 'vm-a1' })]),
    );
    const rest = ofThePair(history);
    expect(rest).not.toContain('pending-revocation c/s -> b/s');
    const again = ['isolation a/s -> b/s', 'isolation c/s -> b/s'];
    expect(ofThePair(history.plan(objects))).toEqual([...again, ...rest]);
  });
});

describe('a revocation that is still under way', () => {
  test('where one host alone carried it out, is so for what that host opens again', () => {
    const history = carriedOut().wait(10).record(revoked).wait(1).plan(cut).acknowledge(['hv-1']).wait(1);
    expect(ofThePair(history)).toEqual(['pending-revocation a/s -> b/s']);
    expect(ofThePair(history.plan(objects).acknowledge(['hv-1']))).toEqual(['pending-revocation a/s -> b/s']);
    expect(ofThePair(history.wait(60))).toEqual(['isolation a/s -> b/s']);
  });

  test('where it was granted once more since, is another one', () => {
    const history = carriedOutRevocation().record(granted).wait(1).plan(objects).acknowledge(hosts).wait(1);
    expect(ofThePair(history)).toEqual([]);
    expect(ofThePair(history.record(revoked))).toEqual(['pending-revocation a/s -> b/s']);
  });

  test('is what a plan brings that was under way when a rule lapsed, since nothing was cut', () => {
    const lapsing = policy('b', { ingress: [{ source: 'a', protocol: 'tcp', expires: bound(after(20)) }] });
    const history = carriedOut(cut).wait(10).record(lapsing).wait(11);
    expect(ofThePair(history.plan(onlyMore))).toContain('pending-revocation a/s -> b/s');
  });

  test.each([11, 10])('by a time bound ends like any other (planned %i s after the rule was set)', (wait) => {
    const lapsing = policy('b', { ingress: [{ source: 'a', protocol: 'tcp', expires: bound(after(20)) }] });
    const history = carriedOut().wait(10).record(lapsing).wait(wait);
    expect(ofThePair(history)).toContain('pending-revocation a/s -> b/s');
    history.plan(cut).acknowledge(hosts);
    expect(ofThePair(history)).not.toContain('pending-revocation a/s -> b/s');
    expect(ofThePair(history.plan(onlyMore))).toContain('isolation a/s -> b/s');
  });
});

test('acknowledgements of plans that nobody holds any more count no more than before, though the past knows them', () => {
  const history = carriedOutRevocation(0);
  const [, planned, acknowledged] = history.batches;
  expect(planned?.entries.map(({ type }) => type)).toEqual(['ChangePlanned']);
  const [old] = acknowledged?.entries ?? [];
  if (old?.type !== 'ChangeApplied') throw new Error('the first plan was acknowledged in that batch');
  history.record({ type: 'ChangeApplied', data: old.data });
  expect(
    history
      .state()
      .hosts.gaps()
      .map(({ problem }) => problem),
  ).toEqual(['acknowledgement of plan 1 of east: no such plan is known']);
});
