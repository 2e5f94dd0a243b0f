import { printable } from '../../runtime/printable.ts';
import { factsOf, type EntryFacts } from './facts.ts';
import type { EventFormat, FormatContext } from './format.ts';
import { heartbeatId } from './heartbeat-id.ts';
import type { Severity } from './meanings.ts';

/** The most bytes of a message: what every receiver takes by RFC 5425. */
const syslogBytesMax = 8192;

/** Syslog by RFC 5424: what is exact stands in structured data, and the message is for people. */
export const syslog: EventFormat = {
  name: 'syslog',
  contentType: 'text/plain; charset=UTF-8',
  write: (entry, context) => entryLine(factsOf(entry), context),
  heartbeat: (beat, context) =>
    syslogLine(
      { severity: 'informational', time: beat.time, type: 'heartbeat', host: context.host },
      {
        parameters: [
          ['ledger', beat.ledgerId],
          ['id', heartbeatId(beat)],
          ['type', 'heartbeat'],
          ['size', String(beat.size)],
          ['root', beat.root],
        ],
        message: `Heartbeat: ${String(beat.size)} entries`,
      },
    ),
};

/** The name of our structured data: the number is the one for examples (RFC 5612), until there is a number of our own. */
const dataId = 'isoledger@32473';
/** Facility 13, log audit. */
const facility = 13;

/** What stands before the message. */
export interface SyslogHeader {
  readonly severity: Severity;
  readonly time: string;
  readonly type: string;
  readonly host: string | undefined;
}

/**
 * The most bytes of a value: so the parameters of an entry fit, whatever they hold. What is cut can be had by reference: the
 * ledger, the seq and the id are always there.
 */
const valueBytesMax = 300;
const reasonBytesMax = 1000;

function entryLine(facts: EntryFacts, { ledgerId, host }: FormatContext): string {
  const { envelope, about } = facts;
  const { actor, batch } = envelope;
  const parameters: (readonly [string, string | undefined])[] = [
    ['ledger', ledgerId],
    ['seq', String(facts.seq)],
    ['id', envelope.id],
    ['type', facts.type],
    ['recordedType', envelope.type],
    ['version', String(envelope.schemaVersion)],
    ['action', facts.action],
    ['outcome', facts.outcome],
    ['severity', facts.severity],
    ['time', facts.time],
    ['subject', envelope.subject],
    ['about', about?.kind],
    ['name', about?.name],
    ['tenant', envelope.tenant],
    ['actor', actor.name],
    ['authenticated', actor.authenticated],
    ['account', actor.account],
    ['reason', envelope.reason],
    ['source', envelope.source],
    ['batch', batch.id],
    ['batchIndex', String(batch.index)],
    ['batchCount', String(batch.count)],
    ['correlation', envelope.correlation],
    ['causation', envelope.causation],
    ['leafHash', facts.leafHash],
  ];
  const header = { severity: facts.severity, time: envelope.recordedAt, type: facts.type, host };
  return syslogLine(header, { parameters, message: facts.message });
}

/** A line of RFC 5424, of at most 8 KiB. A message that is too long is cut, and its end says so. */
function syslogLine(
  { severity, time, type, host }: SyslogHeader,
  {
    parameters,
    message,
  }: { parameters: readonly (readonly [string, string | undefined])[]; message: string },
): string {
  const priority = facility * 8 + (severity === 'critical' ? 1 : 5);
  const given = parameters.map(([name, value]) =>
    value === undefined
      ? ''
      : ` ${name}="${inValue(value, name === 'reason' ? reasonBytesMax : valueBytesMax)}"`,
  );
  const head = `<${String(priority)}>1 ${time} ${inHeader(host, 255)} isoledger - ${inHeader(type, 32)} [${dataId}${given.join('')}] `;
  return head + cutToBytes(printable(message), syslogBytesMax - Buffer.byteLength(head));
}

/** A name in the header is printable ASCII without spaces; nothing is a dash. */
function inHeader(text: string | undefined, most: number): string {
  const name = (text ?? '').replace(/[^!-~]/g, '?').slice(0, most);
  return name === '' ? '-' : name;
}

function inValue(text: string, most: number): string {
  return cutToBytes(printable(text), most).replace(/["\\\]]/g, '\\$&');
}

function cutToBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const sign = '…';
  let kept = Buffer.from(text)
    .subarray(0, most - Buffer.byteLength(sign))
    .toString();
  // Half a character at the end has become a replacement character.
  if (kept.endsWith('\uFFFD')) kept = kept.slice(0, -1);
  return kept + sign;
}
