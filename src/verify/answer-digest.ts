import { canonicalText, digestOf } from '../../events/codec/canonical.ts';
import type { Report, Subject } from './verify.ts';

/**
 * SHA-256 of an answer's canonical text, with what it is about: equal for whoever asks the same of the same entries, as
 * long as the question names no moment of whoever asks. What is a list without an order of its own is sorted by its text.
 */
export function answerDigest(ends: Pick<Subject, 'tenant' | 'peer'>, report: Report): string {
  const { lane, verdict, scope, findings, gaps, vouched, reach = null, reachBack = null } = report;
  return digestOf({
    ...{ tenant: ends.tenant ?? null, peer: ends.peer ?? null },
    ...{ lane, verdict, scope, reach, reachBack },
    findings: inTextOrder(findings.map((finding) => ({ ...finding, rules: [...finding.rules].sort() }))),
    gaps: inTextOrder(gaps),
    vouched: inTextOrder(vouched),
  });
}

function inTextOrder<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, text: canonicalText(item) }))
    .sort((a, b) => Number(a.text > b.text) - Number(a.text < b.text))
    .map(({ item }) => item);
}
