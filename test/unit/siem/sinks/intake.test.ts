import { describe, expect, it } from 'vitest';
import { nextTurn } from '../../../../src/runtime/next-turn.ts';
import type { StreamEntry } from '../../../../src/siem/event-stream.ts';
import { Intake } from '../../../../src/siem/sinks/intake.ts';
import type { SinkEntry } from '../../../../src/siem/sinks/port.ts';
import { samples } from '../../events/samples.ts';
import { streamed } from '../stream-sample.ts';

/** Entries without end, and how many were read. */
class Source {
  read = 0;
  readonly #failsAt: number;

  constructor(failsAt = Infinity) {
    this.#failsAt = failsAt;
  }

  async *entries(): AsyncGenerator<StreamEntry, void, undefined> {
    for (;;) {
      if (this.read === this.#failsAt) throw new Error('the ledger is away');
      yield { ...streamed(samples.PolicyEnacted), seq: this.read };
      this.read += 1;
      await Promise.resolve();
    }
  }
}

const sized =
  (bytes: number) =>
  ({ seq }: StreamEntry): SinkEntry => ({
    ...{ seq, id: String(seq), leaf: '', time: '' },
    text: 'x'.repeat(bytes),
  });

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}

const all = { entriesMax: Infinity, bytesMax: Infinity };

describe('what waits for a sink', () => {
  it.each([
    { bytes: 10, most: 2_000 },
    { bytes: 1_048_576, most: 8 },
  ])('is bounded, and goes on when something is let go: $bytes bytes each', async ({ bytes, most }) => {
    const source = new Source();
    const intake = new Intake(source.entries(), sized(bytes));
    await turns(3_000);
    expect(intake.peek(all)).toHaveLength(most);
    expect(source.read).toBeLessThanOrEqual(most);
    intake.drop(4);
    await turns(100);
    expect(intake.peek(all).map(({ seq }) => seq)).toEqual(Array.from({ length: most }, (_, at) => at + 5));
    await intake.end();
  });

  it('is taken as much as a delivery holds, and one entry at least', async () => {
    const intake = new Intake(new Source(10).entries(), sized(100));
    await turns(100);
    expect(intake.peek({ entriesMax: 3, bytesMax: 1_000 })).toHaveLength(3);
    expect(intake.peek({ entriesMax: 9, bytesMax: 250 })).toHaveLength(2);
    expect(intake.peek({ entriesMax: 9, bytesMax: 1 })).toHaveLength(1);
    await intake.end();
  });

  it('is delivered before what keeps the rest from being read is thrown', async () => {
    const intake = new Intake(new Source(3).entries(), sized(1));
    await turns(100);
    expect(intake.peek(all)).toHaveLength(3);
    intake.drop(2);
    expect(() => intake.peek(all)).toThrow('the ledger is away');
    await intake.end();
  });
});
