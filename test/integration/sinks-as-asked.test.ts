import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

async function givenTown(place: Workplace): Promise<void> {
  const documents = join(place.folder, 'documents');
  mkdirSync(documents);
  writeFileSync(join(documents, 'town.yaml'), town);
  await place.succeed('apply', documents);
}

describe('sinks check', () => {
  it('takes no range in which there is nothing, and none beyond the end: all would be found whole', async () => {
    using place = new Workplace();
    await givenTown(place);
    const { size } = await place.checkpoint();
    const held = join(place.folder, 'held');
    writeFileSync(held, Array.from({ length: size }, (_, seq) => String(seq)).join('\n'));
    await place.succeed('sinks', 'check', held, '--from', String(size - 1), '--to', String(size - 1));
    for (const range of [
      ['--from', '3', '--to', '2'],
      ['--to', String(size)],
      ['--from', String(size)],
    ])
      expect(await place.run('sinks', 'check', held, ...range)).toMatchObject({ code: 2, out: '' });
  });
});

describe('sinks test', () => {
  it.each([
    ['webhook', (to: string) => `url: "http://${to}/in"`],
    ['syslog', (to: string) => `address: "${to}"`],
  ])('says which receiver it was that did not answer, of %s', async (kind, address) => {
    using place = new Workplace();
    await givenTown(place);
    await using silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const to = `127.0.0.1:${String(z.object({ port: z.int() }).parse(silent.address()).port)}`;
    const config = join(place.folder, 'isoledger.yaml');
    const keys = address(to);
    writeFileSync(config, `sinks: { far: { kind: ${kind}, ${keys}, timeoutSeconds: 1 } }`);
    const { code, err } = await place.run('sinks', 'test', 'far', '--config', config);
    expect(code).toBe(5);
    expect(err).toMatch(/127\.0\.0\.1:.*: there was no answer within 1 seconds/);
  });
});
