import { Broken } from './failures.ts';
import { requireConnections } from './verifier-at-rest.ts';
import { departuresOf } from './verifier-oracle.ts';
import type { World } from './world.ts';

const now = { kind: 'now' } as const;

/**
 * While hosts lag behind: the verifier finds something between two ends exactly where the oracle does, and nothing
 * stands in its way. How late a revocation is, and so whether it is a violation yet, is left to the verifier's own tests.
 */
export async function checkVerifier(world: World): Promise<void> {
  const { ledger, clock, parts, coverage } = world;
  const intended = await parts.verify(ledger, { at: now, lane: 'intended', clock });
  if (intended.verdict !== 'proven' || intended.findings.length > 0)
    throw new Broken(`the intended lane is ${intended.verdict}: ${JSON.stringify(intended.findings)}`);
  await requireConnections(world, 'intended');
  const expected = departuresOf(world);
  if (expected === undefined) {
    coverage.note('verifier: too much is open');
    return;
  }
  const { findings, gaps, verdict } = await parts.verify(ledger, { at: now, lane: 'applied', clock });
  if (gaps.length > 0) throw new Broken(`the applied lane has gaps: ${JSON.stringify(gaps)}`);
  const missing = findings.filter(({ kind }) => kind === 'missing');
  requireSame('missing', missing, expected.missing);
  requireSame(
    'excess',
    findings.filter((finding) => !missing.includes(finding)),
    expected.excess,
  );
  coverage.note(
    `verifier: ${verdict}${expected.excess.size > 0 ? ', excess' : ''}${expected.missing.size > 0 ? ', missing' : ''}`,
  );
}

function requireSame(
  what: string,
  found: readonly { readonly from: string; readonly to: string }[],
  expected: ReadonlySet<string>,
): void {
  const pairs = new Set(found.map(({ from, to }) => `${from} ${to}`));
  const [more, less] = [[...pairs.difference(expected)], [...expected.difference(pairs)]];
  if (more.length > 0) throw new Broken(`the verifier finds ${what} that is none: ${more.join(', ')}`);
  if (less.length > 0) throw new Broken(`the verifier overlooks ${what}: ${less.join(', ')}`);
}
