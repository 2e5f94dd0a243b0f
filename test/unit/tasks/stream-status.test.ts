import { pino } from 'pino';
import { expect, it } from 'vitest';
import { randomIds } from '../../../src/runtime/ids.ts';
import { formatNamed } from '../../../src/siem/formats/named.ts';
import { mirrorToTheEnd } from '../../../src/siem/mirror/publish.ts';
import { streamStatus, type StreamStatus } from '../../../src/tasks/stream-status.ts';
import { placed, tester } from '../../doubles/facts.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { MemoryMirror } from '../../doubles/memory-mirror.ts';

/** A ledger of ten entries, its mirror, and what is said of that. */
async function mirrored(): Promise<{
  ledger: MemoryLedger;
  mirror: MemoryMirror;
  status: (format?: 'entries' | 'cloudevents') => Promise<StreamStatus>;
}> {
  const clock = new ManualClock();
  const ledger = new MemoryLedger({ clock, ids: randomIds });
  const mirror = new MemoryMirror();
  const formOf = (name: 'entries' | 'cloudevents') => ({
    format: formatNamed(name),
    context: { ledgerId: ledger.id, version: '1' },
  });
  const events = Array.from({ length: 10 }, (_, at) => placed(`t-${String(at)}`));
  await ledger.append({ events, actor: tester });
  const context = { signal: AbortSignal.any([]), log: pino({ level: 'silent' }), tell: () => undefined };
  await mirrorToTheEnd({ ledger, mirror, form: formOf('entries'), clock }, context);
  return {
    ...{ ledger, mirror },
    status: (format = 'entries') => streamStatus({ ledger, mirror, form: formOf(format) }),
  };
}

it('a stream that holds every entry is the same, to the root and in every range', async () => {
  const { ledger, status } = await mirrored();
  const { verdict, root, ranges } = await status();
  expect([verdict, root]).toEqual(['same', (await ledger.head()).root]);
  expect(ranges.map(({ from, to, found, expected }) => [from, to, found === expected])).toEqual([
    [1, 10, true],
  ]);
});

it('a stream that lacks the last entries is behind', async () => {
  const { ledger, status } = await mirrored();
  await ledger.append({ events: [placed('later')], actor: tester });
  expect(await status()).toMatchObject({ verdict: 'behind', firstDifference: undefined });
});

it('a stream that is gone is missing', async () => {
  const { mirror, status } = await mirrored();
  mirror.messages = undefined;
  expect(await status()).toMatchObject({ verdict: 'missing', ranges: [], root: undefined });
});

it('a message that is not its entry, or none too many, makes a stream forked', async () => {
  const { mirror, status } = await mirrored();
  const whole = mirror.messages ?? [];
  mirror.messages = whole.map((message) => (message.sequence === 4 ? { ...message, id: 'x' } : message));
  expect(await status()).toMatchObject({ verdict: 'forked', firstDifference: 4 });
  mirror.messages = [...whole, { sequence: 11, id: 'x', leaf: undefined, body: '' }];
  expect(await status()).toMatchObject({ verdict: 'forked' });
});

it('entries in another form are told of, and are no fork', async () => {
  const { status } = await mirrored();
  const { verdict, otherwiseWritten, ranges } = await status('cloudevents');
  expect([verdict, otherwiseWritten]).toEqual(['otherwise', 10]);
  expect(ranges.every(({ found, expected }) => found !== expected)).toBe(true);
});

it('a stream whose first messages are too old is cut, and the others are compared', async () => {
  const { mirror, status } = await mirrored();
  mirror.extent = () => Promise.resolve({ first: 4, last: 10, count: 7 });
  expect(await status()).toMatchObject({ verdict: 'cut', firstDifference: undefined, root: undefined });
});
