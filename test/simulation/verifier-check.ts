import { Broken } from './failures.ts';
import { requireConnections } from './verifier-at-rest.ts';
import { departuresOf } from './verifier-oracle.ts';
import type { World } from './world.ts';

const now = { kind: 'now' } as const;

/**
 * While hosts lag behind: the verifier finds something between two ends exactly where the oracle does, and nothing but
 * drift stands in its way. How late a revocation is, and so whether it is a violation yet, is left to the verifier's own tests.
 */
export async function checkVerifier(world: World): Promise<void> {
  const { ledger, clock, parts, coverage, mayHold } = world;
  const intended = await parts.verify(ledger, { at: now, lane: 'intended', clock });
  if (intended.verdict !== 'proven' || intended.findings.length > 0)
    throw new Broken(`the intended lane is ${intended.verdict}: ${JSON.stringify(intended.findings)}`);
  await requireConnections(world, 'intended');
  await checkByHand(world);
  const expected = departuresOf(world);
  if (expected === undefined) {
    coverage.note('verifier: too much is open');
    return;
  }
  const { findings, gaps, verdict } = await parts.verify(ledger, { at: now, lane: 'applied', clock });
  const missing = findings.filter(({ kind }) => kind === 'missing');
  const excess = findings.filter((finding) => !missing.includes(finding));
  requireSame('missing', pairsOf(missing), expected.missing);
  requireSame('excess', pairsOf(excess), expected.excess);
  const drifted = new Set(mayHold.drifted.map((host) => `drift host/${host}`));
  requireSame('gaps', new Set(gaps.map(({ kind, about }) => `${kind} ${about}`)), drifted);
  const due = excess.some(({ kind }) => kind !== 'pending-revocation') ? 'violated' : undefined;
  if (verdict !== (due ?? (drifted.size > 0 ? 'unknown' : 'proven')))
    throw new Broken(`the verdict is ${verdict}, with ${JSON.stringify({ findings, gaps })}`);
  const departed = [expected.excess.size > 0 ? ', excess' : '', expected.missing.size > 0 ? ', missing' : ''];
  coverage.note(`verifier: ${verdict}${departed.join('')}`);
}

/** On the observed lane nobody can tell what is at hosts that are changed by hand, or were, until they were seen whole. */
async function checkByHand({ ledger, clock, parts, coverage, handWork }: World): Promise<void> {
  if (!parts.byHand) return;
  const { gaps, verdict } = await parts.verify(ledger, { at: now, lane: 'observed', clock });
  const found = gaps.filter(({ kind }) => kind === 'bypass').map(({ about }) => about);
  requireSame('bypasses', new Set(found), new Set([...handWork.doubted].map((host) => `host/${host}`)));
  if (found.length === 0) return;
  if (verdict === 'proven') throw new Broken('what somebody may have done by hand is said to be proven');
  coverage.note('verifier: unknown since somebody may have done something by hand');
}

function pairsOf(findings: readonly { readonly from: string; readonly to: string }[]): Set<string> {
  return new Set(findings.map(({ from, to }) => `${from} ${to}`));
}

function requireSame(what: string, found: ReadonlySet<string>, expected: ReadonlySet<string>): void {
  const [more, less] = [[...found.difference(expected)], [...expected.difference(found)]];
  if (more.length > 0) throw new Broken(`the verifier finds ${what} that should not be: ${more.join(', ')}`);
  if (less.length > 0) throw new Broken(`the verifier overlooks ${what}: ${less.join(', ')}`);
}
