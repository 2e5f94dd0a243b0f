import type { Attestation } from '../../events/attestation.ts';
import { count } from './lists.ts';

/** What was asked, as the words of a command line that gives the same answer wherever the same entries are. */
export function askedAgain({
  lane,
  tenant,
  peer,
  asked,
  knownAt,
}: Pick<Attestation, 'lane' | 'tenant' | 'peer' | 'asked' | 'knownAt'>): readonly string[] {
  const given = {
    tenant,
    peer,
    lane,
    ...asked,
    'known-at': `seq:${String(knownAt.seq)}`,
  };
  const options = Object.entries(given).flatMap(([name, value]) =>
    value === null ? [] : [`--${name}`, value],
  );
  return ['isoledger', 'verify', ...options];
}

/** Whom an attestation is about. */
export function attestedEnds({ tenant, peer }: Pick<Attestation, 'tenant' | 'peer'>): string {
  if (tenant === null) return 'everyone';
  return peer === null ? tenant : `${tenant} <-> ${peer}`;
}

/** An attestation in short: the question stands in it as the command by which anybody can ask it again. */
export function attestationWords(data: Attestation): string {
  const { verdict, findings, gaps, answer } = data;
  const found = `${count(findings, 'finding')}, ${count(gaps, 'gap')}`;
  return `${attestedEnds(data)}: ${verdict}, ${found}, by ${askedAgain(data).join(' ')}; answer ${answer}`;
}
