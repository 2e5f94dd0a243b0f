import { createServer, type AddressInfo, type Socket } from 'node:net';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { OnBroken } from '../../../../src/siem/sinks/port.ts';
import { DeliveryCounts } from '../../../../src/siem/sinks/delivery-counts.ts';
import { forwarderRole } from '../../../../src/siem/sinks/forwarder.ts';
import { syslogSink } from '../../../../src/siem/sinks/syslog/sink.ts';
import { forwarderOver, hastyClock, ledgerOf } from '../../../contract/sinks-contract.ts';

const logLine = z.looseObject({
  level: z.number(),
  msg: z.string(),
  seq: z.int().exactOptional(),
  err: z.looseObject({ message: z.string() }).exactOptional(),
});

/** A receiver by TCP that does with each connection what is next in the list once something came by it: all behind them stay. */
async function receiver(course: readonly ((socket: Socket) => void)[]): Promise<number> {
  const left = [...course];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined).once('data', () => left.shift()?.(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address: string | AddressInfo | null = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

it('a connection of syslog that breaks behind messages is told once each time, and counted', async () => {
  const port = await receiver([(socket) => socket.resetAndDestroy(), (socket) => socket.end()]);
  const settings = { host: '127.0.0.1', port, transport: 'tcp', timeoutSeconds: 30 } as const;
  const [clock, counts, ending] = [hastyClock(), new DeliveryCounts(), new AbortController()];
  const lines: z.infer<typeof logLine>[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(logLine.parse(JSON.parse(line))) });
  const open = (onBroken?: OnBroken): ReturnType<typeof syslogSink> =>
    syslogSink(settings, { ledgerId: 'l', host: 'here', format: 'cloudevents' }, clock, onBroken);
  const forwarder = { ...forwarderOver(await ledgerOf(20), open, clock), counts };
  const running = forwarderRole(forwarder).run({ signal: ending.signal, log, tell: () => undefined });
  const broken = (): typeof lines =>
    lines.filter(({ msg }) => msg === 'the connection to the receiver broke');
  // A heartbeat goes by each new connection.
  await expect.poll(broken, { timeout: 10_000 }).toHaveLength(2);
  await expect.poll(() => counts.all().get('siem')?.entries, { timeout: 10_000 }).toBe(20);
  ending.abort();
  await running;
  expect(broken()).toHaveLength(2);
  expect(counts.all().get('siem')?.failures.connection).toBe(2);
  expect(broken().map(({ level }) => level)).toEqual([40, 40]);
  const may = 'messages on the way may be missing there: isoledger sinks check tells which';
  expect(broken().map(({ err }) => err?.message)).toEqual([
    expect.stringMatching(
      new RegExp(`^the connection to 127.0.0.1:${String(port)} broke \\(.*ECONNRESET.*${may}`),
    ),
    expect.stringMatching(
      new RegExp(`broke \\(it was closed there\\), and ${may}, and isoledger sinks replay`),
    ),
  ]);
});

it('a connection of syslog that is ended here is not told of', async () => {
  const port = await receiver([]);
  const settings = { host: '127.0.0.1', port, transport: 'tcp', timeoutSeconds: 30 } as const;
  const told: unknown[] = [];
  const sink = syslogSink(
    settings,
    { ledgerId: 'l', host: 'here', format: 'syslog' },
    hastyClock(),
    (fault) => void told.push(fault),
  );
  await sink.beat({ id: 'b', time: '2026-03-01T12:00:00.000Z', text: 'said' }, AbortSignal.any([]));
  await sink.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(told).toEqual([]);
});
