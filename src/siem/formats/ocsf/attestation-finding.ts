import type { Attestation } from '../../../../events/attestation.ts';
import type { EntryFacts, EntrySubject } from '../facts.ts';
import { uidOf } from './entities.ts';

const standings = {
  unknown: { status_id: 0, status: 'Unknown' },
  proven: { status_id: 1, status: 'Pass' },
  violated: { status_id: 3, status: 'Fail' },
} as const;

/** What somebody attests about isolation: the same uid wherever the answer to the question is the same. */
export function attestationFinding(
  { title, time, message }: Pick<EntryFacts, 'title' | 'time' | 'message'>,
  {
    verdict,
    answer,
    ledgerId,
    about,
  }: Pick<Attestation, 'verdict' | 'answer'> & { ledgerId: string; about: EntrySubject },
): object {
  return {
    finding_info: {
      uid: `${ledgerId}:attestation/${answer}`,
      title,
      desc: message,
      types: ['Attestation'],
      created_time: Date.parse(time),
    },
    compliance: { control: 'Nothing goes beyond what both sides allowed', ...standings[verdict] },
    resources: [{ name: about.name, uid: uidOf(ledgerId, about), type: 'scope' }],
  };
}
