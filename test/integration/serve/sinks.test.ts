import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { seqsIn, textOfFiles } from '../../doubles/upset-disk.ts';
import { expectComplete } from '../../contract/sinks-contract.ts';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { ServeProcess } from '../../support/serve-process.ts';

const list = z.looseObject({
  size: z.int(),
  sinks: z.array(z.looseObject({ name: z.string(), delivered: z.int().nullable(), behind: z.int() })),
});

interface Given {
  readonly path: string;
  readonly config: readonly string[];
  readonly configFile: string;
  readonly documents: string;
}

/** A ledger with an estate, and a configuration with a sink that is a file. */
async function givenSink(place: Workplace): Promise<Given> {
  const documents = join(place.folder, 'documents');
  mkdirSync(documents);
  writeFileSync(join(documents, 'town.yaml'), town);
  await place.succeed('apply', documents);
  const configFile = join(place.folder, 'isoledger.yaml');
  writeFileSync(configFile, 'sinks:\n  archive: { kind: file, path: out.ndjson, rotateMegabytes: 1 }\n');
  return { path: join(place.folder, 'out.ndjson'), config: ['--config', configFile], configFile, documents };
}

async function listOf(place: Workplace, config: readonly string[]): Promise<z.infer<typeof list>> {
  return list.parse(JSON.parse(await place.succeed('sinks', 'list', '--json', ...config)));
}

/** Waits until everything is delivered, as the cursor tells. */
async function delivered(place: Workplace, config: readonly string[]): Promise<number> {
  for (;;) {
    const { size, sinks } = await listOf(place, config);
    if (sinks.every(({ behind }) => behind === 0)) return size;
    await setTimeout(50);
  }
}

async function addTenant(
  { place, documents }: { place: Workplace; documents: string },
  name: string,
): Promise<void> {
  writeFileSync(join(documents, `${name}.yaml`), `{ kind: Tenant, name: ${name}, classification: internal }`);
  await place.run('apply', documents);
}

describe('a service with a sink', () => {
  it('delivers what there is and what comes, and lists how far it is', async () => {
    using place = new Workplace();
    const { path, config, documents } = await givenSink(place);
    expect((await listOf(place, config)).sinks).toMatchObject([{ name: 'archive', delivered: null }]);
    expect(await place.succeed('config', 'check', ...config)).toContain('role forwarder/archive');
    await using served = await ServeProcess.on(place.ledgerUrl, config);
    await addTenant({ place, documents }, 'newcomer');
    const size = await delivered(place, config);
    expect(await served.end()).toBe(0);
    expectComplete(seqsIn(readFileSync(path, 'utf8')), size);
    expect(await place.succeed('sinks', 'list', ...config)).toContain(`archive: file ${path}, cloudevents`);
  });

  it('leaves no gap and no half line, however often it is killed', async () => {
    using place = new Workplace();
    const { path, config, documents } = await givenSink(place);
    for (let round = 0; round < 5; round += 1) {
      await using served = await ServeProcess.on(place.ledgerUrl, [...config, '--roles', 'forwarder']);
      const adding = addTenant({ place, documents }, `newcomer-${String(round)}`);
      await setTimeout(Math.random() * 400);
      await served.end('SIGKILL');
      await adding;
    }
    await using served = await ServeProcess.on(place.ledgerUrl, [...config, '--roles', 'forwarder']);
    const size = await delivered(place, config);
    await served.end();
    expectComplete(seqsIn(textOfFiles(path)), size);
  });

  it('takes another sink and lets go of one when it is told to read the configuration again', async () => {
    using place = new Workplace();
    const { config, configFile } = await givenSink(place);
    await using served = await ServeProcess.on(place.ledgerUrl, [...config, '--roles', 'forwarder']);
    await delivered(place, config);
    writeFileSync(configFile, 'sinks:\n  other: { kind: file, path: other.ndjson }\n');
    served.send('SIGHUP');
    await served.says('took the role', 'forwarder/other');
    await delivered(place, config);
    expect(existsSync(join(place.folder, 'other.ndjson'))).toBe(true);
    expect(await served.end()).toBe(0);
  });

  it('stops for a cursor of an entry that the ledger does not have', async () => {
    using place = new Workplace();
    const { config, path } = await givenSink(place);
    await using first = await ServeProcess.on(place.ledgerUrl, [...config, '--roles', 'forwarder']);
    await delivered(place, config);
    await first.end();
    const cursor = readdirSync(place.folder, { recursive: true, encoding: 'utf8' }).find((each) =>
      each.endsWith('sinks/archive.json'),
    );
    const note = join(place.folder, cursor ?? '');
    writeFileSync(note, readFileSync(note, 'utf8').replace(/"leaf":"[0-9a-f]{8}/, '"leaf":"00000000'));
    const before = readFileSync(path, 'utf8');
    await using second = await ServeProcess.on(place.ledgerUrl, [...config, '--roles', 'forwarder']);
    await second.says('the role stopped, and stays so until a person has looked', 'forwarder/archive');
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});
