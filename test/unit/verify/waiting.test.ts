import { describe, expect, it } from 'vitest';
import { after, History } from '../isolation/history.ts';
import { bound, policy, tenant } from '../isolation/documents.ts';
import { ask, knownAfter } from './known.ts';

interface Times {
  /** Seconds after the question. */
  readonly from?: number;
  readonly expires?: number;
}

const passedSeconds = 1000;
const instant = (seconds: number): string => after(passedSeconds + seconds);

function bounds({ from, expires }: Times): {
  from?: ReturnType<typeof bound>;
  expires?: ReturnType<typeof bound>;
} {
  return {
    ...(from === undefined ? {} : { from: bound(instant(from)) }),
    ...(expires === undefined ? {} : { expires: bound(instant(expires)) }),
  };
}

/** What explain says of a/s to b/s, by the bounds of the rules that each side has: the reasons against, and the advice. */
function said(
  out: readonly Times[],
  into: readonly Times[],
  quarantined: readonly string[] = [],
): { missing: string[]; advice: string[] } {
  const history = new History().record(
    tenant('a'),
    tenant('b'),
    policy('a', { egress: out.map((times) => ({ destination: 'b', ...bounds(times) })) }),
    policy('b', { ingress: into.map((times) => ({ source: 'a', ...bounds(times) })) }),
  );
  for (const name of quarantined) history.record({ type: 'TenantQuarantined', data: { tenant: name } });
  const known = knownAfter(history.wait(passedSeconds).record(tenant('c')));
  const [answer] = ask(known, ['a/s', 'b/s', 'tcp/22'], 'intended');
  return {
    missing: answer?.missing.map(({ words }) => words) ?? [],
    advice: answer?.mends.map((mend) => (mend.kind === 'words' ? mend.words : mend.yaml)) ?? [],
  };
}

describe('the advice to wait', () => {
  it('is given where both sides allow the flow once a rule opens', () => {
    const { missing, advice } = said([{}], [{ from: 10 }]);
    expect(missing).toEqual([expect.stringMatching(`^waiting until ${instant(10)}: b has a rule`)]);
    expect(advice).toEqual([`wait until ${instant(10)}, or give that rule of b an earlier from:`]);
  });

  it('names the instant at which the later of two rules opens', () => {
    const { advice } = said([{ from: 10 }], [{ from: 20 }]);
    expect(advice).toEqual([
      `wait until ${instant(20)}, when the rules of both sides are open, or give that rule of a an earlier from:`,
      `wait until ${instant(20)}, or give that rule of b an earlier from:`,
    ]);
  });

  it('is not given where the other side has ended by then', () => {
    const { missing, advice } = said([{ expires: 5 }], [{ from: 10 }]);
    expect(missing).toEqual([expect.stringMatching(/^waiting for b: b has a rule/)]);
    expect(advice).toEqual([
      `waiting does not help: the rule of a ends at ${instant(5)}, and that of b opens at ${instant(10)}: give that of a a later expires:, or that of b an earlier from:`,
    ]);
  });

  it('is given for the rule that the other side meets, and for no other', () => {
    const { advice } = said([{ expires: 5 }, { from: 20 }], [{ from: 10, expires: 15 }, { from: 30 }]);
    expect(advice).toEqual([`wait until ${instant(30)}, or give that rule of b an earlier from:`]);
  });

  it('is not given where two rules to come are never open together', () => {
    const { advice } = said([{ from: 10, expires: 20 }], [{ from: 20 }]);
    expect(advice).toEqual([
      expect.stringMatching(
        /^waiting does not help: while that rule of a is open \(.*\), none of b is: give one/,
      ),
      expect.stringMatching(
        /^waiting does not help: while that rule of b is open \(.*\), none of a is: give one/,
      ),
    ]);
  });

  it('says that it is not enough where the other side does not consent, or somebody is in quarantine', () => {
    const asWell = `that rule of b opens at ${instant(10)}: wait until ${instant(10)} as well, or give it an earlier from:`;
    expect(said([], [{ from: 10 }]).advice).toEqual([
      '- { destination: b/s, segment: s, ports: [22], protocol: tcp }',
      asWell,
    ]);
    expect(said([{}], [{ from: 10 }], ['b']).advice).toEqual([
      'isoledger release b ends the quarantine',
      asWell,
    ]);
  });
});

describe('the advice for a rule that has lapsed', () => {
  it('is to extend the one that ended last, not to add a second one', () => {
    expect(said([{}], [{ expires: -20 }, { expires: -10 }]).advice).toEqual([
      `extend that rule of b (ingress from a, any, until ${instant(-10)}): give it an expires: to come, or none`,
    ]);
  });

  it('reaches the opening of the other side', () => {
    expect(said([{ from: 10 }], [{ expires: -10 }]).advice).toEqual([
      `that rule of a opens at ${instant(10)}: wait until ${instant(10)} as well, or give it an earlier from:`,
      `extend that rule of b (ingress from a, any, until ${instant(-10)}): give it an expires: after ${instant(10)}, or none`,
    ]);
  });
});
