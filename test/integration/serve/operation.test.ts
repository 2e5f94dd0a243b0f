import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answerTo, Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { hostFileOf } from '../../support/host-file.ts';
import { ServeProcess } from '../../support/serve-process.ts';

describe('operating the service', () => {
  let place: Workplace;
  let config: string;
  beforeEach(async () => {
    place = new Workplace();
    config = join(place.folder, 'isoledger.yaml');
    const folder = join(place.folder, 'documents');
    mkdirSync(folder);
    writeFileSync(join(folder, 'documents.yaml'), town);
    await place.succeed('apply', folder);
  });
  afterEach(() => {
    place[Symbol.dispose]();
  });

  it('runs the roles that the configuration, or the command, names', async () => {
    writeFileSync(config, `ledger: ${place.ledgerUrl}\nserve:\n  roles: [clock, applier/shard-2]\n`);
    const named = await answerTo(['--config', config, 'config', 'check', '--json']);
    expect(JSON.parse(named.out)).toMatchObject({ roles: ['clock', 'applier/shard-2'] });
    const given = await answerTo(['--config', config, 'config', 'check', '--roles', 'applier']);
    expect(given.out).toMatch(
      /^ledger sqlite:.*: \d+ entries\nrole applier\/shard-1\nrole applier\/shard-2\n$/,
    );
    await using served = await ServeProcess.on(place.ledgerUrl, ['--config', config]);
    expect(await served.says('the service has started')).toMatchObject({
      roles: ['clock', 'applier/shard-2'],
    });
    expect(await served.end()).toBe(0);
  });

  it('is refused for a key or a role that nobody knows, before anything runs', async () => {
    writeFileSync(config, 'serve:\n  rolls: [clock]\n');
    for (const command of [['serve'], ['config', 'check']]) {
      const { code, err } = await place.run('--config', config, ...command);
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/:2: serve.rolls: unknown key rolls .*nearest: roles/),
      ]);
    }
    const { code, err } = await place.run('serve', '--roles', 'clok');
    expect([code, err]).toEqual([2, expect.stringMatching(/no.* role clok/)]);
  });

  it('is checked for what cannot be used, and for what is not reached', async () => {
    const check = (text: string, ...argv: string[]): ReturnType<Workplace['run']> => {
      writeFileSync(config, text);
      return place.run('--config', config, 'config', 'check', ...argv);
    };
    const sink = (path: string): string => `sinks: { a: { kind: file, path: "${path}" } }`;
    const own = 'is the ledger.s own place';
    for (const [text, words, ...argv] of [
      ['', 'nearest: clock', '--roles', 'clok'],
      ['serve: { roles: [publisher] }', 'nothing to do for a role publisher'],
      [sink('none/out'), 'its folder .* does not exist'],
      [sink('documents'), 'it is a folder, and no file'],
      [sink('ledger.db'), own],
      [sink('ledger.db-wal'), own],
      [sink('ledger.db.d/out'), own],
      ['sinks: { a: { kind: webhook, url: "http://127.0.0.1:9/", secretFile: none } }', 'it does not exist'],
    ] as const) {
      const { code, err } = await check(text, ...argv);
      expect([code, err]).toEqual([2, expect.stringMatching(words)]);
    }
    expect(await place.run('serve', '--config', config, '--roles', 'clok')).toMatchObject({ code: 2 });
    writeFileSync(config, sink('ledger.db'));
    const served = await place.run('serve', '--config', config);
    expect([served.code, served.err]).toEqual([2, expect.stringMatching(own)]);
    const away = await check('sinks: { a: { kind: syslog, address: "127.0.0.1:9", transport: tcp } }');
    expect([away.code, away.err]).toEqual([
      5,
      expect.stringContaining('sinks.a: 127.0.0.1:9 cannot be reached'),
    ]);
    await using listening = createServer().listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const port = String(z.object({ port: z.int() }).parse(listening.address()).port);
    const taken = await check(`http: { listen: "127.0.0.1:${port}" }`);
    expect([taken.code, taken.err]).toEqual([5, expect.stringContaining('a process listens there already')]);
    const there = `sinks: { a: { kind: syslog, address: "127.0.0.1:${port}", transport: tcp } }`;
    expect(await check(there)).toMatchObject({ code: 0 });
  });

  it('reads its configuration again at SIGHUP, and keeps to what was right', async () => {
    writeFileSync(config, 'logLevel: info\n');
    const environment = { ISOLEDGER_LOG: undefined };
    await using served = await ServeProcess.on(place.ledgerUrl, ['--config', config], environment);
    await served.says('drove the shard', 'applier/shard-1');
    writeFileSync(config, 'logLevel: debug\n');
    served.send('SIGHUP');
    await served.says('the configuration was read again');
    const file = hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-1' });
    while (!served.log.some(({ role, level }) => role === 'applier/shard-1' && level === 20)) {
      // The host is told to have changed, and read again.
      writeFileSync(file, readFileSync(file));
      await setTimeout(100);
    }
    writeFileSync(config, 'logLevel: loud\n');
    served.send('SIGHUP');
    await served.says('the configuration is wrong, and what was read before goes on to hold');
    expect(await served.end()).toBe(0);
  });

  it('tells systemd when it is ready, that it lives, and that it ends', async () => {
    const told = join(place.folder, 'told');
    const folder = join(place.folder, 'bin');
    mkdirSync(folder);
    writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$@" >> ${told}\n`);
    chmodSync(join(folder, 'systemd-notify'), 0o755);
    const words = (): string[] => (existsSync(told) ? readFileSync(told, 'utf8').trimEnd().split('\n') : []);
    await using served = await ServeProcess.on(place.ledgerUrl, [], {
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      ...{ NOTIFY_SOCKET: '@isoledger-test', WATCHDOG_USEC: '200000' },
    });
    while (words().filter((word) => word === 'WATCHDOG=1').length < 3) await setTimeout(20);
    expect(words()).toContain('READY=1');
    expect(await served.end()).toBe(0);
    expect(words()).toContain('STOPPING=1');
  });

  it('says so where nobody can tell systemd, and goes on', async () => {
    const environment = { PATH: '/nowhere', NOTIFY_SOCKET: '@isoledger-test' };
    await using served = await ServeProcess.on(place.ledgerUrl, [], environment);
    await served.says('systemd cannot be told how this service stands');
    expect(await served.end()).toBe(0);
  });
});
