import { printable } from '../../runtime/printable.ts';
import { factsOf, type EntryFacts } from './facts.ts';
import type { EventFormat, FormatContext } from './format.ts';
import { heartbeatId } from './heartbeat-id.ts';
import { levels } from './levels.ts';
import type { Severity } from './meanings.ts';

/** The Common Event Format, version 0: a header and key=value pairs. */
export const cef: EventFormat = {
  name: 'cef',
  contentType: 'text/plain; charset=UTF-8',
  write: (entry, context) => entryLine(factsOf(entry), context),
  heartbeat: (beat, context) =>
    line({ type: 'heartbeat', title: 'Heartbeat', severity: 'informational' }, context, [
      ['externalId', heartbeatId(beat)],
      ['rt', String(Date.parse(beat.time))],
      ['cat', 'heartbeat'],
      ['act', 'heartbeat'],
      ['outcome', 'success'],
      ['msg', `Heartbeat: ${String(beat.size)} entries`],
      ...labelled('cs6', 'root', beat.root),
      ...labelled('cn2', 'size', String(beat.size)),
      ['deviceExternalId', beat.ledgerId],
    ]),
};

/** The most characters of free text: what a key of CEF takes. Longer text is cut, and its end says so. */
const textMax = 1023;

type ExtensionPair = readonly [key: string, value: string];

function entryLine(facts: EntryFacts, context: FormatContext): string {
  const { envelope, event, about } = facts;
  const digest = event?.type === 'PolicyEnacted' ? event.data.digest : undefined;
  return line(facts, context, [
    ['externalId', envelope.id],
    ['rt', String(Date.parse(envelope.recordedAt))],
    ['start', String(Date.parse(facts.time))],
    ['cat', about?.kind ?? 'void'],
    ['act', facts.action],
    ['outcome', facts.outcome],
    ['suser', envelope.actor.name],
    ...given('suid', envelope.actor.account),
    ...given('reason', envelope.reason),
    ['msg', facts.message],
    ...given('dhost', about?.kind === 'host' ? about.name : undefined),
    ...labelled('cs1', 'tenant', envelope.tenant),
    ...labelled('cs2', 'policyDigest', digest),
    ...labelled('cs3', 'source', envelope.source),
    ...labelled('cs4', 'subject', envelope.subject),
    ...labelled('cs5', 'leafHash', facts.leafHash),
    ...labelled('cn1', 'seq', String(facts.seq)),
    ['deviceExternalId', context.ledgerId],
  ]);
}

function given(key: string, value: string | undefined): readonly ExtensionPair[] {
  return value === undefined ? [] : [[key, value]];
}

/** A key whose meaning is ours: CEF says it in a label beside it. */
function labelled(key: string, label: string, value: string | undefined): readonly ExtensionPair[] {
  return value === undefined
    ? []
    : [
        [`${key}Label`, label],
        [key, value],
      ];
}

function line(
  { type, title, severity }: { type: string; title: string; severity: Severity },
  { version, host }: FormatContext,
  pairs: readonly ExtensionPair[],
): string {
  const header = ['isoledger', 'isoledger', version, type, title, String(levels[severity])].map(inHeader);
  const all = [...pairs, ...given('dvchost', host)];
  const extension = all.map(([key, value]) => `${key}=${inExtension(cutText(value))}`).join(' ');
  return `CEF:0|${header.join('|')}|${extension}`;
}

function inHeader(text: string): string {
  return printable(text).replace(/[\\|]/g, '\\$&');
}

/** A line end is an escape of CEF; other characters that cannot be seen are spelt out. */
function inExtension(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((part) => printable(part).replace(/[\\=]/g, '\\$&'))
    .join('\\n');
}

function cutText(text: string): string {
  if (text.length <= textMax) return text;
  return `${text.slice(0, textMax - 1).toWellFormed()}…`;
}
