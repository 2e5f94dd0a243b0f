import type { DomainEvent } from '../../../../events/catalogue.ts';
import { defined } from '../../../../events/codec/defined.ts';
import { violationKey } from '../../../../events/verification.ts';
import type { EntryFacts } from '../facts.ts';

type ViolationEvent = Extract<DomainEvent, { type: 'IsolationViolated' | 'IsolationRestored' }>;

/** The finding that a violation of isolation opens, and that its end closes under the same uid. */
export function violationFinding(
  { title, message }: Pick<EntryFacts, 'title' | 'message'>,
  { event, ledgerId }: { event: ViolationEvent; ledgerId: string },
): object {
  const { kind, openedBy } = event.data;
  const closedBy = event.type === 'IsolationRestored' ? event.data.closedBy : null;
  const since = Date.parse(openedBy.time);
  return {
    finding_info: {
      uid: `${ledgerId}:violation/${violationKey(event.data)}`,
      title,
      desc: message,
      types: [kind],
      created_time: since,
      first_seen_time: since,
      ...(closedBy === null ? {} : { last_seen_time: Date.parse(closedBy.time) }),
    },
    ...(event.type === 'IsolationViolated' ? { is_alert: true } : {}),
    evidences: [evidenceOf(event)],
  };
}

/** The packet that shows it; of its end, the ends alone. */
function evidenceOf({ type, data }: ViolationEvent): object {
  const { from, to } = data;
  if (type === 'IsolationRestored') return { src_endpoint: { name: from }, dst_endpoint: { name: to } };
  const { src, dst, protocol, srcPort, dstPort } = data.witness;
  return {
    src_endpoint: { name: from, ...defined({ ip: src ?? undefined, port: srcPort }) },
    dst_endpoint: { name: to, ...defined({ ip: dst ?? undefined, port: dstPort }) },
    connection_info: { direction_id: 0, direction: 'Unknown', protocol_name: protocol },
    data: { former: data.former, rules: data.rules },
  };
}
