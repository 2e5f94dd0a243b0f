import type { DomainEvent } from '../../../events/catalogue.ts';
import { canonicalBytes } from '../../../events/codec/canonical.ts';
import { readEnvelope } from '../../../events/codec/decode.ts';
import type { StreamEntry } from '../../../src/siem/event-stream.ts';
import type { FormatContext, Heartbeat } from '../../../src/siem/formats/format.ts';
import { entryOf } from '../events/samples.ts';

export const context: FormatContext = { ledgerId: 'a1b2c3d4', version: '1.2.3', host: 'ledger-1' };

export const heartbeat: Heartbeat = {
  ledgerId: context.ledgerId,
  size: 42,
  root: 'ef'.repeat(32),
  time: '2026-03-01T12:01:00.000Z',
};

/** An event as the stream gives it; `over` replaces parts of its envelope. */
export function streamed(event: DomainEvent, over: object = {}): StreamEntry {
  const stored = { seq: 41, bytes: canonicalBytes({ ...entryOf(event), ...over }) };
  return {
    seq: stored.seq,
    stored,
    envelope: readEnvelope(stored),
    isVoid: false,
    previous: '0199c0de-0000-7000-8000-000000000000',
  };
}

/** An entry in which everything that others write freely is hostile. */
export function entryWith(text: string): StreamEntry {
  const short = text.slice(0, 250).toWellFormed();
  const actor = { name: short, authenticated: 'asserted', account: short };
  const event = {
    type: 'ChangeFailed',
    data: { shard: 'shard-1', host: 'hv-1', plan: 2, problem: text },
  } as const;
  return streamed(event, { actor, reason: text, source: text, correlation: text, causation: text });
}
