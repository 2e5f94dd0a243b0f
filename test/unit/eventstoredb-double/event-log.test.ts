import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { EventLog } from '../../doubles/eventstoredb/event-log.ts';
import type { ProposedEvent } from '../../doubles/eventstoredb/records.ts';

const any = { kind: 'any' } as const;

const proposed = (type: string, text = ''): ProposedEvent => ({
  id: randomUUID(),
  type,
  json: true,
  data: new TextEncoder().encode(text),
  metadata: new Uint8Array(),
});

it('hides events that are older than they may be', () => {
  let now = 1_000_000;
  const log = new EventLog(undefined, () => now);
  log.append({ stream: '$$s', expected: any, events: [proposed('$metadata', '{"$maxAge":60}')] });
  log.append({ stream: 's', expected: any, events: [proposed('old')] });
  now += 50_000;
  log.append({ stream: 's', expected: any, events: [proposed('new')] });
  expect(log.view('s')).toEqual({ kind: 'found', first: 0, last: 1 });
  now += 10_001;
  expect(log.view('s')).toEqual({ kind: 'found', first: 1, last: 1 });
  now += 60_000;
  expect(log.view('s')).toEqual({ kind: 'found', first: 2, last: 1 });
});

it('takes metadata that say nothing it understands for none', () => {
  const log = new EventLog();
  log.append({ stream: '$$s', expected: any, events: [proposed('$metadata', 'no metadata')] });
  expect(log.metadata('s')).toEqual({});
});

it('keeps of a stream of metadata only the last', () => {
  const log = new EventLog();
  log.append({
    stream: '$$s',
    expected: any,
    events: [proposed('$metadata', '{}'), proposed('$metadata', '{}')],
  });
  expect(log.view('$$s')).toEqual({ kind: 'found', first: 1, last: 1 });
});

it('answers an append of nothing with where the stream is', () => {
  const log = new EventLog();
  const nothing = { stream: 's', events: [] };
  expect(log.append({ ...nothing, expected: any })).toEqual({
    kind: 'written',
    last: -1,
    position: undefined,
  });
  log.append({ stream: 's', expected: any, events: [proposed('one')] });
  expect(log.append({ ...nothing, expected: { kind: 'exact', revision: 0 } })).toMatchObject({ last: 0 });
  expect(log.append({ ...nothing, expected: { kind: 'no-stream' } })).toMatchObject({ current: 0 });
});

it('has metadata stand for the existence of a stream, and no longer once it is deleted', () => {
  const log = new EventLog();
  const expected = { kind: 'stream-exists' } as const;
  log.append({ stream: '$$s', expected: any, events: [proposed('$metadata', '{}')] });
  expect(log.append({ stream: 's', expected, events: [proposed('one')] })).toMatchObject({ last: 0 });
  log.delete({ stream: 's', expected, hard: false });
  expect(log.append({ stream: 's', expected, events: [proposed('two')] })).toEqual({
    kind: 'stream-deleted',
  });
});

it('does not bring back what a deleted stream held when it gets new metadata', () => {
  const log = new EventLog();
  log.append({ stream: 's', expected: any, events: [proposed('one')] });
  log.append({ stream: '$$s', expected: any, events: [proposed('$metadata', '{"$maxCount":7}')] });
  log.delete({ stream: 's', expected: any, hard: false });
  expect(log.metadata('s').$maxCount).toBeUndefined();
  const written = log.append({
    stream: '$$s',
    expected: any,
    events: [proposed('$metadata', '{"$maxCount":5}')],
  });
  expect(written).toMatchObject({ last: 2 });
  expect(log.metadata('s')).toEqual({ $maxCount: 5, $tb: 1 });
  expect(log.view('s')).toEqual({ kind: 'found', first: 1, last: 0 });
});
