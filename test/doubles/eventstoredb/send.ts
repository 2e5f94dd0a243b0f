import type { ServerWritableStream } from '@grpc/grpc-js';
import type { streams } from './protocol.ts';

type Call = ServerWritableStream<streams.ReadReq, streams.ReadResp>;

/** Sends, waits while the reader is slow, and says whether the call still stands. */
export async function send(call: Call, message: streams.ReadResp): Promise<boolean> {
  if (call.cancelled) return false;
  if (call.write(message)) return true;
  await untilEither(call, 'drain', 'cancelled');
  return !isCancelled(call);
}

/** Waits until what was sent has left this process. */
export async function flushed(call: Call): Promise<void> {
  while (call.writableLength > 0 && !isCancelled(call)) await new Promise((done) => setImmediate(done));
  await new Promise((done) => setImmediate(done));
}

/** Not a constant after a wait, which a type cannot tell. */
const isCancelled = (call: Call): boolean => call.cancelled;

function untilEither(call: Call, ...events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    for (const event of events) call.once(event, done);
  });
}
