import { SinkUnavailable } from '../../../src/siem/sinks/faults.ts';
import type { Forwarder } from '../../../src/siem/sinks/forwarder.ts';
import type { Sink } from '../../../src/siem/sinks/port.ts';
import { leafHash } from '../../../src/ledger/merkle/hash.ts';
import { Broken } from '../failures.ts';
import type { Receiver } from './receiver.ts';
import type { ServiceWorld } from './service-world.ts';
import type { Wire } from './wire.ts';

interface NotedCursor {
  readonly seq: number;
  readonly leaf: string;
}

/** What the disk of a machine holds of how far its sinks are, over all of its lives. */
export class CursorDisk {
  readonly noted = new Map<string, NotedCursor>();
  /** From which entry on somebody wishes that a sink is delivered again. */
  readonly wished = new Map<string, number>();
}

interface SinkMeans {
  readonly receiver: Receiver;
  readonly disk: CursorDisk;
  readonly wire: Wire;
}

/** Where a server notes how far a sink is. */
export function serverCursor(world: ServiceWorld, { receiver, disk, wire }: SinkMeans): Forwarder['cursor'] {
  const { name } = receiver;
  const note = (cursor: NotedCursor | undefined): Promise<void> =>
    wire.call({
      ...{ of: 'disk', what: 'note of a cursor' },
      deed: () => {
        if (cursor === undefined) disk.noted.delete(name);
        else disk.noted.set(name, cursor);
      },
      fault: (words) => Object.assign(new Error(`ENOSPC: ${words}`), { code: 'ENOSPC', syscall: 'write' }),
    });
  return {
    note,
    get isWished() {
      return disk.wished.has(name);
    },
    fulfil: async (ledger) => {
      const from = disk.wished.get(name);
      if (from === undefined) return;
      if (from === 0) await note(undefined);
      for await (const { seq, bytes } of ledger.read({ after: from - 2, to: from - 1 }))
        await note({ seq, leaf: leafHash(bytes) });
      disk.wished.delete(name);
      world.coverage.note('met: delivered again, as somebody wished');
    },
    confirmed: () => Promise.resolve(disk.noted.get(name)),
    // A person reads it, who is none of this world.
    noteRefused: () => Promise.resolve(),
  };
}

/** A receiver as one server delivers to it. What that server has noted, it does not deliver again. */
export function serverSink(world: ServiceWorld, { receiver, disk, wire }: SinkMeans): Sink {
  const fault = (words: string): Error => new SinkUnavailable(words);
  return {
    limits: { entriesMax: 40, bytesMax: 200_000 },
    deliver: (entries, signal) => {
      const [first] = entries;
      const noted = disk.noted.get(receiver.name);
      if (
        first !== undefined &&
        noted !== undefined &&
        first.seq <= noted.seq &&
        !disk.wished.has(receiver.name)
      )
        world.broken(
          new Broken(
            `entry ${String(first.seq)} is delivered to ${receiver.name} again, and ${String(noted.seq)} is noted`,
          ),
        );
      const deed = (): ReturnType<Receiver['take']> => world.watched(() => receiver.take(entries));
      return wire.call({ of: 'receivers', what: 'delivery', fault, signal, deed });
    },
    beat: (_beat, signal) =>
      wire.call({ of: 'receivers', what: 'heartbeat', fault, signal, deed: () => undefined }),
    close: () => Promise.resolve(),
  };
}
