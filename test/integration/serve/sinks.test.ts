import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { seqsIn, textOfFiles } from '../../doubles/upset-disk.ts';
import { HttpReceiver } from '../../doubles/http-receiver.ts';
import { expectComplete } from '../../contract/sinks-contract.ts';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { ServeProcess } from '../../support/serve-process.ts';

const list = z.looseObject({
  size: z.int(),
  sinks: z.array(z.looseObject({ name: z.string(), delivered: z.int().nullable(), behind: z.int() })),
});

const comparison = z.looseObject({
  missing: z.array(z.int()),
  double: z.array(z.int()),
  altered: z.array(z.int()),
  unknown: z.array(z.string()),
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
  writeFileSync(join(documents, `${name}.yaml`), `{ kind: Tenant, tenant: ${name}, segments: [web] }`);
  await place.succeed('apply', documents);
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
    const archive = '  archive: { kind: file, path: out.ndjson, rotateMegabytes: 1 }\n';
    const other = '  other: { kind: file, path: other.ndjson }\n';
    writeFileSync(configFile, `sinks:\n${archive}${other}`);
    served.send('SIGHUP');
    await served.says('took the role', 'forwarder/other');
    expect(await served.says('the sinks changed')).toMatchObject({ came: ['other'], went: [], anew: [] });
    await delivered(place, config);
    const taken = served.log.filter(
      ({ msg, role }) => msg === 'took the role' && role === 'forwarder/archive',
    );
    expect(taken).toHaveLength(1);
    writeFileSync(configFile, `sinks:\n${other}serve: { wholeReadingSeconds: 60 }\n`);
    served.send('SIGHUP');
    await served.says(
      'what changed of serve.wholeReadingSeconds counts only once the service is started anew',
    );
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

  it('delivers again from an entry on, when it is told to, running or not', async () => {
    using place = new Workplace();
    const { path, config } = await givenSink(place);
    await place.succeed('sinks', 'replay', 'archive', '--from', '3', ...config);
    await using served = await ServeProcess.on(place.ledgerUrl, [...config, '--roles', 'forwarder']);
    const size = await delivered(place, config);
    const [first] = seqsIn(readFileSync(path, 'utf8'));
    expect(first).toBe(3);
    await place.succeed('sinks', 'replay', 'archive', '--from', '0', ...config);
    while (!seqsIn(readFileSync(path, 'utf8')).includes(0)) await setTimeout(20);
    await delivered(place, config);
    expect(await served.end()).toBe(0);
    const seqs = seqsIn(readFileSync(path, 'utf8'));
    expectComplete(seqs.slice(seqs.indexOf(0)), size);
    expect(await place.run('sinks', 'replay', 'archive', '--from', '9999', ...config)).toMatchObject({
      code: 2,
    });
    expect(await place.run('sinks', 'replay', 'other', '--from', '0', ...config)).toMatchObject({ code: 2 });
  });
});

describe('an entry that a receiver refuses', () => {
  it('stops its sink until somebody decides that it is passed over, with a reason', async () => {
    using place = new Workplace();
    const { configFile, config } = await givenSink(place);
    const taken: number[] = [];
    await using receiver = await HttpReceiver.start([], ({ body }) => {
      const seqs = seqsIn(body);
      if (seqs.includes(5)) return { status: 400, body: 'not that one' };
      taken.push(...seqs);
      return { status: 200 };
    });
    writeFileSync(configFile, `sinks: { hook: { kind: webhook, url: "${receiver.url}" } }`);
    await using served = await ServeProcess.on(place.ledgerUrl, [...config, '--roles', 'forwarder']);
    await served.says('the role stopped, and stays so until a person has looked', 'forwarder/hook');
    expectComplete(taken, 5);
    expect(await place.run('sinks', 'skip', 'hook', '5', ...config)).toMatchObject({ code: 2 });
    expect(await place.run('sinks', 'skip', 'hook', '4', '--reason', 'x', ...config)).toMatchObject({
      code: 2,
    });
    expect(await place.run('sinks', 'skip', 'hook', '9999', '--reason', 'x', ...config)).toMatchObject({
      code: 2,
    });
    // Nobody refused that one: a slip in the number would leave a gap.
    const slip = await place.run('sinks', 'skip', 'hook', '6', '--reason', 'x', ...config);
    expect([slip.code, slip.err]).toEqual([2, expect.stringContaining('it stopped at entry 5')]);
    await place.succeed('sinks', 'skip', 'hook', '5', '--reason', 'it is too large', ...config);
    expect(await place.succeed('sinks', 'skip', 'hook', '5', '--reason', 'again', ...config)).toContain(
      'before',
    );
    served.send('SIGHUP');
    await served.says('an entry is passed over, as it was decided', 'forwarder/hook');
    const size = await delivered(place, config);
    expect(await served.end()).toBe(0);
    const others = Array.from({ length: size }, (_, seq) => seq).filter((seq) => seq !== 5);
    expect([...new Set(taken)]).toEqual(others);
    expect(await place.succeed('log')).toContain('entry 5 is not delivered to hook');
    const held = join(place.folder, 'held');
    writeFileSync(held, others.join('\n'));
    const check = async (...argv: string[]): Promise<[number, string]> => {
      const { code, out } = await place.run('sinks', 'check', held, '--to', String(size - 1), ...argv);
      return [code, out];
    };
    expect(await check()).toEqual([
      1,
      expect.stringMatching(/missing: 5\nof these, skipped on purpose for hook: 5; --sink NAME/),
    ]);
    expect(await check('--sink', 'hook')).toEqual([
      0,
      expect.stringMatching(/skipped on purpose: 5\nnothing is missing or altered/),
    ]);
    expect((await check('--sink', 'other'))[0]).toBe(1);
    await place.succeed('quarantine', 'acme', '--no-wait', '--reason', 'a test');
    await place.succeed('sinks', 'skip', 'hook', String(size), '--anyway', '--reason', 'x', ...config);
  });
});

describe('a sink', () => {
  it('is tried by a heartbeat, and says what is wrong', async () => {
    using place = new Workplace();
    const { path, config, configFile } = await givenSink(place);
    expect(await place.succeed('sinks', 'test', 'archive', ...config)).toContain('acknowledged a heartbeat');
    expect(readFileSync(path, 'utf8')).toContain('isoledger.heartbeat.v1');
    writeFileSync(configFile, 'sinks: { hook: { kind: webhook, url: "http://127.0.0.1:9/in" } }');
    const { code, err } = await place.run('sinks', 'test', 'hook', ...config);
    expect([code, err]).toEqual([5, expect.stringContaining('does not answer: connect ECONNREFUSED')]);
    expect(await place.run('sinks', 'list')).toMatchObject({ code: 2 });
  });

  it('of syslog that is tried says that it was sent, since nobody acknowledges it', async () => {
    using place = new Workplace();
    const { config, configFile } = await givenSink(place);
    writeFileSync(configFile, 'sinks: { log: { kind: syslog, address: "127.0.0.1:9", transport: udp } }');
    const test = ['sinks', 'test', 'log', ...config];
    expect(await place.succeed(...test)).toMatch(/sent to .*; syslog has no acknowledgement/);
    expect(JSON.parse(await place.succeed(...test, '--json'))).toMatchObject({ acknowledged: false });
  });

  const formats = ['entries', 'cloudevents', 'ocsf', 'ecs', 'cef', 'syslog'];
  it.each(formats.map((format) => ({ format })))(
    'holds what it has in $format, by sinks check',
    async ({ format }) => {
      using place = new Workplace();
      await givenSink(place);
      const lines = (await place.succeed('tail', '--format', format)).split('\n').slice(0, -1);
      const file = join(place.folder, 'held.ndjson');
      const check = async (held: readonly string[]): Promise<unknown> => {
        writeFileSync(file, held.join('\n'));
        const { code, out } = await place.run('sinks', 'check', file, '--json');
        const { missing, double, altered, unknown } = comparison.parse(JSON.parse(out));
        return { code, missing, double, altered, unknown: unknown.length };
      };
      const sound = { code: 0, missing: [], double: [], altered: [], unknown: 0 };
      expect(await check([...lines].reverse())).toEqual(sound);
      expect(await check([...lines, lines[3] ?? ''])).toEqual({ ...sound, double: [3] });
      expect(await check(lines.toSpliced(2, 2))).toEqual({ ...sound, code: 1, missing: [2, 3] });
      const forged = (lines[4] ?? '').replace(
        /("leaf_hash":"|"hash":"|cs5=|leafHash="|"recordedAt":"|"recordedtime":")./,
        '$1_',
      );
      expect(await check(lines.with(4, forged))).toEqual({ ...sound, code: 1, altered: [4] });
    },
  );

  it('of syslog says that it is best effort, wherever it is told of', async () => {
    using place = new Workplace();
    const { config, configFile } = await givenSink(place);
    writeFileSync(
      configFile,
      'sinks: { hook: { kind: webhook, url: "http://127.0.0.1:9/" }, log: { kind: syslog, address: "127.0.0.1:9" } }',
    );
    const listed = await place.succeed('sinks', 'list', ...config);
    const { out } = await place.run('config', 'check', ...config);
    for (const text of [listed, out]) {
      const lines = text.split('\n').filter((line) => line.includes('best effort'));
      expect(lines).toEqual([expect.stringMatching(/log: syslog tls:.*nothing acknowledges.*sinks check/)]);
    }
    const json = list.parse(JSON.parse(await place.succeed('sinks', 'list', '--json', ...config)));
    expect(json.sinks.map((sink) => [sink.name, sink['promise']])).toEqual([
      ['hook', 'at-least-once'],
      ['log', 'best-effort'],
    ]);
  });

  it('is checked by ids and seqs as well', async () => {
    using place = new Workplace();
    await givenSink(place);
    const { size } = await place.checkpoint();
    const file = join(place.folder, 'held');
    writeFileSync(file, Array.from({ length: size - 1 }, (_, seq) => String(seq)).join('\n'));
    const { code, out } = await place.run('sinks', 'check', file);
    expect([code, out]).toEqual([1, expect.stringContaining(`missing: ${String(size - 1)}\n`)]);
    await place.succeed('sinks', 'check', file, '--to', String(size - 2));
    writeFileSync(file, '0199c0de-0000-7000-8000-000000000001\nwhat is this\n');
    const other = await place.run('sinks', 'check', file, '--from', String(size - 1));
    expect(other.out).toContain('in no entry of the ledger: 0199c0de');
    expect(other.out).toContain('1 line that cannot be read');
    expect(await place.run('sinks', 'check', join(place.folder, 'none'))).toMatchObject({ code: 2 });
  });
});
