import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OverlayUnavailable } from '../../../../src/overlay/faults.ts';
import { parseOvsdbEndpoints } from '../../../../src/overlay/ovs/ovsdb/endpoint.ts';
import type { RpcMessage } from '../../../../src/overlay/ovs/ovsdb/message.ts';
import { Unixctl } from '../../../../src/overlay/ovs/switch/unixctl.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { peerThat, type Send } from '../../../doubles/ovsdb-peer.ts';
import { temporaryFolder } from '../../../doubles/temporary-folder.ts';

function daemonAt(ovsdb: string, requestMs = 5000): Unixctl {
  return new Unixctl({ host: 'hv-1', endpoints: parseOvsdbEndpoints(ovsdb), clock: systemClock, requestMs });
}

/** A daemon whose process has number 77, beside a database. */
async function daemonThat(answers: (message: RpcMessage, send: Send) => void, requestMs?: number) {
  const peer = await peerThat(answers);
  const folder = dirname(peer.endpoint.replace('unix:', ''));
  symlinkSync(join(folder, 'peer.sock'), join(folder, 'ovs-vswitchd.77.ctl'));
  writeFileSync(join(folder, 'ovs-vswitchd.pid'), '77\n');
  return { peer, daemon: daemonAt(`unix:${join(folder, 'db.sock')}`, requestMs) };
}

function questionOf(message: RpcMessage): Extract<RpcMessage, { kind: 'question' }> {
  if (message.kind !== 'question') throw new Error(`a ${message.kind}`);
  return message;
}

/** The folder of a switch in which a file says which process it is. */
function folderWith(pid: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'ovs-vswitchd.pid'), pid);
  return folder;
}

describe('ovs-vswitchd at its own socket', () => {
  it('answers many calls over one connection, each as it was asked', async () => {
    const { peer, daemon } = await daemonThat((message, send) => {
      const { id, method, params } = questionOf(message);
      send({ id, result: JSON.stringify([method, params]), error: null });
    });
    using listening = peer;
    using asked = daemon;
    const answers = await Promise.all(['a', 'b'].map((word) => asked.ask('ofproto/trace', 'br', word)));
    expect(answers).toEqual(['["ofproto/trace",["br","a"]]', '["ofproto/trace",["br","b"]]']);
    expect(listening.connections).toBe(1);
  });

  it.each<[what: string, answer: object, words: string]>([
    ['a refusal', { result: null, error: 'br: unknown bridge' }, 'br: unknown bridge'],
    ['no text', { result: 7, error: null }, 'no text'],
  ])('cannot be told of where it answers with %s', async (_what, answer, words) => {
    const { peer, daemon } = await daemonThat((message, send) => {
      send({ id: questionOf(message).id, ...answer });
    });
    using listening = peer;
    using asked = daemon;
    const asking = asked.ask('ofproto/trace');
    await expect(asking).rejects.toThrow(OverlayUnavailable);
    await expect(asking).rejects.toThrow(words);
    await expect(asking).rejects.toThrow('hv-1');
    expect(listening.connections).toBe(1);
  });

  it('cannot be told of where it does not answer in time', async () => {
    const { peer, daemon } = await daemonThat(() => undefined, 20);
    using listening = peer;
    using asked = daemon;
    await expect(asked.ask('ofproto/trace')).rejects.toThrow('did not answer ofproto/trace within 20 ms');
    expect(listening.connections).toBe(1);
  });

  it.each<[why: string, ovsdb: () => string, words: string]>([
    ['its database is elsewhere', () => 'ssl:192.0.2.1:6640', 'host hv-1 is reached by ssl:192.0.2.1:6640'],
    ['no file says which process it is', () => `unix:${temporaryFolder()}/db.sock`, 'it does not exist'],
    ['that file holds no number', () => `unix:${folderWith('../../x')}/db.sock`, 'it holds no number'],
    ['the process is gone', () => `unix:${folderWith('77')}/db.sock`, 'cannot be reached'],
    [
      'that file has no end',
      () => {
        const folder = temporaryFolder();
        execFileSync('mkfifo', [join(folder, 'ovs-vswitchd.pid')]);
        return `unix:${folder}/db.sock`;
      },
      'no file',
    ],
  ])('cannot be told of where %s', async (_why, ovsdb, words) => {
    using daemon = daemonAt(ovsdb());
    const asking = daemon.ask('ofproto/trace');
    await expect(asking).rejects.toThrow(OverlayUnavailable);
    await expect(asking).rejects.toThrow(words);
  });
});
