import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { OverlayUnavailable } from '../../../../../src/overlay/faults.ts';
import { OpenFlowConnection } from '../../../../../src/overlay/ovs/switch/openflow-connection.ts';
import {
  encodeMessage,
  helloBody,
  messageType,
} from '../../../../../src/overlay/ovs/switch/openflow-messages.ts';
import { nextTurn } from '../../../../../src/runtime/next-turn.ts';
import { ManualClock } from '../../../../doubles/manual-clock.ts';
import { temporaryFolder } from '../../../../doubles/temporary-folder.ts';

/** A connection to a switch that says what a test says. */
async function greeted(): Promise<{ connection: OpenFlowConnection; peer: Socket; clock: ManualClock }> {
  const path = join(temporaryFolder(), 'bridge.mgmt');
  const server = createServer().listen(path);
  onTestFinished(() => {
    server.close();
  });
  const peers: Socket[] = [];
  server.on('connection', (socket) => {
    socket.on('error', () => undefined).write(encodeMessage(messageType.hello, 1, helloBody));
    peers.push(socket);
  });
  const socket = connect(path);
  await once(socket, 'connect');
  const clock = new ManualClock();
  const connection = await OpenFlowConnection.over(socket, { words: 'unix:bridge', clock, answerMs: 1_000 });
  const [peer] = peers;
  if (peer === undefined) throw new Error('nobody came');
  onTestFinished(() => {
    connection[Symbol.dispose]();
    peer.destroy();
  });
  return { connection, peer, clock };
}

it('asks a switch that is silent for a sign of life, and leaves one that gives none', async () => {
  const { connection, peer, clock } = await greeted();
  const types: number[] = [];
  peer.on('data', (message: Buffer) => types.push(message.readUInt8(1)));
  const next = connection.messages(5_000).next();
  const outcome = expect(next).rejects.toThrow(OverlayUnavailable);
  while (!types.includes(messageType.hello)) await nextTurn();
  clock.pass(5_000);
  while (!types.includes(messageType.echoRequest)) await nextTurn();
  clock.pass(1_000);
  await outcome;
  await expect(connection.messages(5_000).next()).rejects.toThrow(
    'unix:bridge does not answer within 1000 ms',
  );
});

it('keeps one that gives it, and asks nothing once it was left', async () => {
  const { connection, peer, clock } = await greeted();
  let asked = 0;
  peer.on('data', (message: Buffer) => {
    if (message.readUInt8(1) !== messageType.echoRequest) return;
    asked++;
    peer.write(encodeMessage(messageType.echoReply, message.readUInt32BE(4), Buffer.alloc(0)));
  });
  const messages = connection.messages(5_000);
  for (let time = 1; time <= 2; time++) {
    const next = messages.next();
    await nextTurn();
    clock.pass(5_000);
    while (asked < time) await nextTurn();
    expect(await next).toMatchObject({ value: { type: messageType.echoReply } });
    clock.pass(1_000);
  }
  const last = expect(messages.next()).rejects.toThrow('unix:bridge was left');
  connection[Symbol.dispose]();
  await last;
  clock.pass(60_000);
  expect(asked).toBe(2);
});
