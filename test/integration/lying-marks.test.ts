import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOfObjects } from '../../events/overlay-objects.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';
import { editLines, editObjects, editPlan, hostFileOf, objectsInFile } from '../support/host-file.ts';

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }`;

/** A town at plan 1, then at plan 2, with the digest of plan 1 and the file of one of its hosts. */
async function atPlan2(): Promise<{ place: Workplace; file: string; first: string }> {
  const place = new Workplace();
  const folder = join(place.folder, 'documents');
  mkdirSync(folder);
  const file = hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-1' });
  writeFileSync(join(folder, 'documents.yaml'), town);
  await place.succeed('apply', folder);
  await place.succeed('sync');
  const first = digestOfObjects(objectsInFile(file));
  writeFileSync(join(folder, 'talk.yaml'), talk);
  await place.succeed('apply', folder);
  await place.succeed('sync');
  return { place, file, first };
}

/** Writes something else to the first line of a host's file, or to the last one. */
function rewrite(file: string, at: 0 | -1, [key, value]: readonly [key: string, value: string]): void {
  const old = new RegExp(`"${key}":"[^"]*"`);
  editLines(file, (lines) => lines.with(at, (lines.at(at) ?? '').replace(old, `"${key}":"${value}"`)));
}

interface Lie {
  readonly is: string;
  readonly tell: (file: string, first: string) => void;
  /** Whether no waiting cures it: the host then refuses what it is given. */
  readonly refuses: boolean;
}

const lies: readonly Lie[] = [
  {
    is: 'another ledger',
    refuses: true,
    tell: (file) => {
      rewrite(file, 0, ['ledger', 'another']);
    },
  },
  {
    is: 'another shard',
    refuses: true,
    tell: (file) => {
      rewrite(file, 0, ['shard', 'shard-2']);
    },
  },
  {
    is: 'another host',
    refuses: false,
    tell: (file) => {
      rewrite(file, 0, ['host', 'hv-2']);
    },
  },
  {
    is: 'a later plan',
    refuses: true,
    tell: (file) => {
      editPlan(file, 3);
    },
  },
  {
    // No host may hold that any more, so that its digest is not kept.
    is: 'an earlier plan',
    refuses: false,
    tell: (file) => {
      editPlan(file, 1);
    },
  },
  {
    is: 'a set that nobody knows',
    refuses: true,
    tell: (file) => {
      rewrite(file, -1, ['digest', 'a'.repeat(64)]);
    },
  },
  {
    is: 'the set of an earlier plan',
    refuses: true,
    tell: (file, first) => {
      rewrite(file, -1, ['digest', first]);
    },
  },
  {
    is: 'a set without objects',
    refuses: false,
    tell: (file) => {
      rewrite(file, -1, ['digest', digestOfObjects([])]);
    },
  },
];

const drifted = /drift: host hv-1, which acknowledged plan 2/;

describe.each(lies)('a host whose mark names $is', ({ tell, refuses }) => {
  describe.each([
    ['and which holds what it acknowledged', false],
    ['and which lacks an object', true],
  ])('%s', (_what, lacks) => {
    async function given(): Promise<Workplace> {
      const { place, file, first } = await atPlan2();
      if (lacks) editObjects(file, (objects) => objects.filter(({ kind }) => kind !== 'acl'));
      tell(file, first);
      return place;
    }

    it.each([
      ['sync', ['sync', '--timeout', '0s']],
      ['quarantine', ['quarantine', 'acme', '--timeout', '0s']],
      ['rebuild', ['rebuild', '--shard', 'shard-1', '--timeout', '0s']],
    ] as const)('is drifted: %s records that once, whether it is refused or not', async (_name, command) => {
      using place = await given();
      for (const answer of [await place.run(...command), await place.run('sync', '--timeout', '0s')])
        expect(answer.code !== 0).toBe(refuses);
      const log = await place.succeed('log', '--type', 'DriftDetected');
      expect(log.split('\n').filter((line) => drifted.test(line))).toHaveLength(1);
      expect((await place.run('verify')).code).toBe(refuses ? 7 : 0);
    });

    it('is found by doctor, and by the dry run of a rebuild', async () => {
      using place = await given();
      const doctor = await place.run('doctor');
      expect(doctor.code).not.toBe(0);
      expect(doctor.out).toMatch(/^FAIL +host hv-1 /m);
      const dry = await place.endWith(refuses ? 3 : 0, 'rebuild', '--shard', 'shard-1', '--dry-run');
      expect(dry).toMatch(/^hv-1 .* no /m);
      expect(/would be refused:\n.*hv-1/.test(dry)).toBe(refuses);
    });
  });
});

describe('a host whose mark alone was edited', () => {
  it.each([
    [
      'digest',
      (file: string): void => {
        rewrite(file, -1, ['digest', 'd'.repeat(64)]);
      },
    ],
    [
      'plan number',
      (file: string): void => {
        editPlan(file, 1);
      },
    ],
  ])('is said to hold the same objects under another mark: the %s', async (_, edit) => {
    const { place: made, file } = await atPlan2();
    using place = made;
    edit(file);
    await place.run('sync');
    const words = /holds the same objects under another mark \(the plan's number, or its digest\)/;
    expect(await place.succeed('log', '--type', 'DriftDetected')).toMatch(words);
    const { gaps } = await place.verify('--from', 'seq:0', '--to', 'now', '--lane', 'applied');
    expect(gaps.map(({ problem }) => problem).join('\n')).toMatch(
      /to hold the same objects under another mark/,
    );
  });
});
