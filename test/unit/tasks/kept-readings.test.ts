import fc from 'fast-check';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readFolder, type Folder } from '../../../src/policy/read-folder.ts';
import type { SourcedDocument } from '../../../src/policy/parse-document.ts';
import { estateProjection, type Estate } from '../../../src/projector/estate-projection.ts';
import { unfolded, type Projected } from '../../../src/projector/projection.ts';
import { createLog } from '../../../src/runtime/log.ts';
import { keepReadings, loadReadings } from '../../../src/tasks/kept-readings.ts';
import { inTemporaryFolder } from '../../support/documents.ts';
import { embeddedOnly } from '../../support/installation.ts';
import { estate, type Written } from '../policy/estates.ts';

const log = createLog('silent');

/** So long that a file with it is worth being kept. */
const padding = `# ${'-'.repeat(70_000)}\n`;

interface Place {
  readonly drivers: readonly string[];
  readonly statePath: string;
  readonly log: typeof log;
}

function placeIn(folder: string): Place {
  return { ...embeddedOnly, statePath: join(folder, 'state', 'estate.json'), log };
}

/** Reads a folder with what is kept, and keeps what was read. */
async function readAndKeep(place: Place, path: string, estate: Projected<Estate>): Promise<Folder> {
  const kept = loadReadings(place, estate);
  const folder = await readFolder(path, embeddedOnly, kept.known);
  keepReadings(place, { folder, kept, estate });
  return folder;
}

/** Everything that a folder tells, with the place of every part. */
function all({ documents, ...folder }: Folder): object {
  return { ...folder, documents: documents.map(toldOf) };
}

function toldOf(sourced: SourcedDocument): object {
  const { document, tcpMeant } = sourced;
  return { document, tcpMeant, places: pathsOf(document).map((path) => sourced.locate(path)) };
}

function pathsOf({ kind, value }: SourcedDocument['document']): string[][] {
  switch (kind) {
    case 'Policy':
      return [
        ...value.egress.map(({ id }) => ['egress', id, 'destination']),
        ...value.ingress.map(({ id }) => ['ingress', id, 'expires']),
      ];
    case 'Tenant':
      return [
        ...value.segments.map((segment) => ['segments', segment]),
        ...value.services.map(({ name }) => ['services', name, 'ports']),
      ];
    case 'Endpoints':
      return value.endpoints.map(({ name }) => ['endpoints', name, 'ip']);
    case 'External':
      return value.cidrs.map((cidr) => ['cidrs', cidr]);
    case 'Host':
    case 'Shard':
      return [[], ['shard']];
  }
}

function write(path: string, documents: readonly Written[]): void {
  mkdirSync(path, { recursive: true });
  const files = 3;
  for (let at = 0; at < files; at += 1) {
    const mine = documents.filter((_, index) => index % files === at);
    const texts = mine.map((document) => stringify(document, { compat: 'yaml-1.1' }));
    writeFileSync(join(path, `${String(at)}.yaml`), `${padding}${texts.join('---\n')}`);
  }
}

type Edit = (path: string, at: { file: string; other: string; where: number }) => void;

const edits: Record<string, Edit> = {
  renamed: (path, { file }) => {
    renameSync(join(path, file), join(path, `z-${file}`));
  },
  moved: (path, { file }) => {
    mkdirSync(join(path, 'below'), { recursive: true });
    renameSync(join(path, file), join(path, 'below', file));
  },
  swapped: (path, { file, other }) => {
    const [one, two] = [readFileSync(join(path, file)), readFileSync(join(path, other))];
    writeFileSync(join(path, file), two);
    writeFileSync(join(path, other), one);
  },
  copied: (path, { file }) => {
    writeFileSync(join(path, `copy-of-${file}`), readFileSync(join(path, file)));
  },
  'of one other byte': (path, { file, where }) => {
    const bytes = readFileSync(join(path, file));
    const at = padding.length + (where % Math.max(1, bytes.length - padding.length));
    if (at < bytes.length) bytes[at] = 97 + (where % 26);
    writeFileSync(join(path, file), bytes);
  },
  'one line longer': (path, { file }) => {
    writeFileSync(join(path, file), `\n${readFileSync(join(path, file), 'utf8')}`);
  },
  faulty: (path, { file }) => {
    writeFileSync(
      join(path, file),
      `${readFileSync(join(path, file), 'utf8')}---\nkind: Tenant\ntenant: [\n`,
    );
  },
  gone: (path, { file }) => {
    rmSync(join(path, file));
  },
};

test('a folder that is read with what was kept is as it is without, whatever was done to its files', async () => {
  const file = fc.constantFrom('0.yaml', '1.yaml', '2.yaml');
  const done = fc.tuple(fc.constantFrom(...Object.keys(edits)), file, file, fc.nat());
  await fc.assert(
    fc.asyncProperty(estate, fc.array(done, { maxLength: 3 }), async (documents, changes) => {
      await inTemporaryFolder(async (folder) => {
        const [path, place] = [join(folder, 'estate'), placeIn(folder)];
        const state = unfolded(estateProjection);
        write(path, documents);
        await readAndKeep(place, path, state);
        expect(all(await readAndKeep(place, path, state))).toStrictEqual(
          all(await readFolder(path, embeddedOnly)),
        );
        for (const [edit, one, two, where] of changes) {
          const [changed = one, other = two] = [one, two].filter((each) => existsSync(join(path, each)));
          if (![changed, other].every((each) => existsSync(join(path, each)))) continue;
          edits[edit]?.(path, { file: changed, other, where });
          expect(all(await readAndKeep(place, path, state))).toStrictEqual(
            all(await readFolder(path, embeddedOnly)),
          );
        }
      });
    }),
    { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 30) },
  );
}, 60_000);

test('what is kept is what was read last, once enough is new, and nothing piles up', async () => {
  await inTemporaryFolder(async (folder) => {
    const [path, place] = [join(folder, 'estate'), placeIn(folder)];
    const state = unfolded(estateProjection);
    const kept = (): string[] => readdirSync(join(folder, 'state'));
    const isKnown = async (): Promise<boolean[]> => {
      const { readings } = await readFolder(path, embeddedOnly);
      return readings.map(({ digest }) => loadReadings(place, state).known(digest) !== undefined);
    };
    mkdirSync(path);
    writeFileSync(join(path, 'a.yaml'), tenant('a'));
    await readAndKeep(place, path, state);
    expect([existsSync(join(folder, 'state')), state.isWorthKeeping]).toEqual([false, false]);

    writeFileSync(join(path, 'a.yaml'), `${padding}${tenant('a')}`);
    await readAndKeep(place, path, state);
    const first = state.companion;
    expect([kept(), state.isWorthKeeping]).toEqual([[`documents-${first ?? ''}.json`], true]);
    writeFileSync(join(path, 'b.yaml'), tenant('b'));
    await readAndKeep(place, path, state);
    expect([state.companion, await isKnown()]).toEqual([first, [true, false]]);

    for (const name of ['c', 'd', 'e']) {
      writeFileSync(join(path, 'a.yaml'), `${padding}${tenant(name)}`);
      await readAndKeep(place, path, state);
      expect(kept().length).toBeLessThanOrEqual(2);
    }
    expect(await isKnown()).toEqual([true, true]);
  });
});

test('folders that are named as it is keep nothing from being kept', async () => {
  await inTemporaryFolder(async (folder) => {
    const [path, place] = [join(folder, 'estate'), placeIn(folder)];
    const read = async (name: string): Promise<Projected<Estate>> => {
      writeFileSync(join(path, 'a.yaml'), `${padding}${tenant(name)}`);
      const state = unfolded(estateProjection);
      await readAndKeep({ ...place, log: warningTo(warnings) }, path, state);
      return state;
    };
    const warnings: unknown[] = [];
    mkdirSync(path);
    const named = join(folder, 'state', `documents-${(await read('a')).companion ?? ''}.json`);
    const other = join(folder, 'state', `documents-${'0'.repeat(64)}.json`);
    rmSync(named);
    for (const made of [named, other]) mkdirSync(join(made, 'full'), { recursive: true });
    const last = join(folder, 'state', `documents-${'f'.repeat(64)}.json`);
    writeFileSync(last, '');
    const { companion, isWorthKeeping } = await read('a');
    expect([join(folder, 'state', `documents-${companion ?? ''}.json`), isWorthKeeping]).toEqual([
      named,
      true,
    ]);
    expect([readFileSync(named).length > 0, existsSync(other), existsSync(last)]).toEqual([
      true,
      true,
      false,
    ]);
    expect((await read('b')).companion).toBeDefined();
    expect(warnings).toEqual([]);
  });
});

test('what another program kept is not used: other drivers, other code', async () => {
  await inTemporaryFolder(async (folder) => {
    const [path, place] = [join(folder, 'estate'), placeIn(folder)];
    const state = unfolded(estateProjection);
    mkdirSync(path);
    writeFileSync(join(path, 'a.yaml'), `${padding}${tenant('a')}`);
    const [{ digest } = { digest: '' }] = (await readAndKeep(place, path, state)).readings;
    expect(loadReadings(place, state).known(digest)).toHaveLength(1);
    expect(loadReadings({ ...place, drivers: ['embedded', 'ovs'] }, state).known(digest)).toBeUndefined();
  });
});

test('what was edited is not used and is told, and what cannot be written is told and stops nothing', async () => {
  await inTemporaryFolder(async (folder) => {
    const [path, place] = [join(folder, 'estate'), placeIn(folder)];
    const state = unfolded(estateProjection);
    mkdirSync(path);
    writeFileSync(join(path, 'a.yaml'), `${padding}${tenant('a')}`);
    const [{ digest } = { digest: '' }] = (await readAndKeep(place, path, state)).readings;
    const keptPath = join(folder, 'state', `documents-${state.companion ?? ''}.json`);
    writeFileSync(keptPath, readFileSync(keptPath, 'utf8').replace('"a"', '"b"'));
    const warnings: unknown[] = [];
    const telling = { ...place, log: warningTo(warnings) };
    expect(loadReadings(telling, state).known(digest)).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining(`${keptPath}: `)]);
    rmSync(keptPath);
    expect(loadReadings(telling, state).known(digest)).toBeUndefined();
    expect(warnings).toHaveLength(1);

    // A file stands where the folder would be.
    rmSync(join(folder, 'state'), { recursive: true });
    writeFileSync(join(folder, 'state'), '');
    chmodSync(join(folder, 'state'), 0o400);
    const other = unfolded(estateProjection);
    await readAndKeep(telling, path, other);
    expect([warnings.length, other.companion]).toEqual([2, undefined]);
  });
});

function tenant(name: string): string {
  return `{ kind: Tenant, tenant: ${name}, segments: [one] }\n`;
}

/** Hears what is warned of. */
function warningTo(heard: unknown[]): typeof log {
  const hearing = createLog('silent');
  hearing.warn = (about: unknown) => void heard.push(about);
  return hearing;
}
