import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { leafHash } from '../../src/ledger/merkle/hash.ts';
import { plainRoot } from '../doubles/plain-root.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

/** A ledger of three batches, with the root at each size by a plain second way, and the last seq of the first batch. */
async function used(place: Workplace): Promise<{ roots: string[]; firstEnd: number }> {
  const folder = join(place.folder, 'estate');
  mkdirSync(folder);
  writeFileSync(join(folder, 'town.yaml'), town);
  await place.succeed('apply', folder);
  const firstEnd = (await place.checkpoint()).size - 1;
  await place.succeed('quarantine', 'acme', '--no-wait');
  await place.succeed('release', 'acme', '--no-wait');
  const leaves = (await place.succeed('tail'))
    .trimEnd()
    .split('\n')
    .map((line) => leafHash(Buffer.from(line)));
  return { roots: [...leaves, ''].map((_, size) => plainRoot(leaves.slice(0, size))), firstEnd };
}

describe('checkpoint', () => {
  it('gives what held at the end of the batch of an entry, or at a time', async () => {
    using place = new Workplace();
    const { roots, firstEnd } = await used(place);
    const at = async (time: string): Promise<unknown> =>
      JSON.parse(await place.succeed('checkpoint', '--json', '--at', time));
    const of = (size: number): object => ({ formatVersion: 1, size, root: roots[size] });
    const { ledger } = z
      .object({ ledger: z.unknown() })
      .parse(JSON.parse(await place.succeed('connections', '--json', '--at', 'seq:0')));
    expect(ledger).toMatchObject({ size: firstEnd + 3, root: roots[firstEnd + 3] });
    expect(await at('seq:0')).toEqual({ ...of(firstEnd + 1), ledger });
    expect(await at(`seq:${String(firstEnd)}`)).toEqual({ ...of(firstEnd + 1), ledger });
    expect(await at(`seq:${String(firstEnd + 1)}`)).toEqual({ ...of(firstEnd + 2), ledger });
    expect(await at('now')).toEqual(of(firstEnd + 3));
    const beyond = await place.run('checkpoint', '--at', 'seq:999');
    expect([beyond.code, beyond.err]).toEqual([2, expect.stringContaining('seq:999 is beyond the ledger')]);
  });

  it('says what is not known of a time before the first entry, and of one that is still to come', async () => {
    using place = new Workplace();
    const { roots } = await used(place);
    const size = roots.length - 1;
    const before = await place.run('checkpoint', '--at', '2020-01-01T00:00:00Z');
    expect([before.code, before.out]).toEqual([
      7,
      expect.stringMatching(/size {2}0\n[^]*nothing is known of before/),
    ]);
    const json = await place.run('checkpoint', '--at', '2020-01-01T00:00:00Z', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ size: 0, gaps: [{ kind: 'ledger' }] });
    const future = await place.run('checkpoint', '--at', '2999-01-01T00:00:00Z');
    expect([future.code, future.out]).toEqual([7, expect.stringContaining('this is the last state so far')]);
    expect(future.out).toContain(`size  ${String(size)}\n`);
  });

  it('tells whether the ledger holds any earlier size and root, in the middle of a batch too', async () => {
    using place = new Workplace();
    const { roots } = await used(place);
    for (const [size, root] of roots.entries()) {
      const expected = `${String(size)}:${root}`;
      expect(await place.succeed('checkpoint', '--expect', expected)).toContain('it holds the');
      const other = roots[size === 0 ? 1 : size - 1] ?? '';
      const { code, out, err } = await place.run('checkpoint', '--expect', `${String(size)}:${other}`);
      expect([code, out]).toEqual([6, '']);
      expect(err).toContain(
        `does not hold ${String(size)}:${other}: its first ${String(size)} entries give the root ${root}`,
      );
    }
    const beyond = await place.run('checkpoint', '--json', '--expect', `999:${roots[0] ?? ''}`);
    expect(beyond.code).toBe(6);
    expect(beyond.err).toMatch(/it has \d+ entries only, with root [0-9a-f]{64}; .*an older copy/);
    expect((await place.run('checkpoint', '--expect', '5')).code).toBe(2);
    expect((await place.run('checkpoint', '--expect', `5:${'g'.repeat(64)}`)).code).toBe(2);
  });
});

describe('an answer about the past', () => {
  const judged = z.object({ ledger: z.strictObject({ id: z.string(), size: z.int(), root: z.string() }) });

  it('says which ledger it was judged on', async () => {
    using place = new Workplace();
    const { roots, firstEnd } = await used(place);
    const size = roots.length - 1;
    const asked: string[][] = [
      ['verify', '--at', 'seq:0'],
      ['verify', '--from', 'seq:0', '--to', 'now'],
      ['connections', '--at', 'seq:0'],
      ['explain', 'acme/web', 'globex/app', 'tcp/443', '--at', 'seq:0'],
      ['diff', 'seq:0', 'now'],
      ['blame', 'acme', '--at', 'seq:0'],
      ['log', '--since', 'seq:2'],
      ['status'],
      ['rebuild', '--shard', 'shard-1', '--at', 'seq:0', '--dry-run'],
    ];
    for (const argv of asked) {
      const { out } = await place.run(...argv, '--json');
      const { ledger } = judged.parse(JSON.parse(out));
      expect([argv[0], ledger.size, ledger.root]).toEqual([argv[0], size, roots[size]]);
    }
    const { out } = await place.run('verify', '--json', '--known-at', 'seq:0');
    expect(judged.parse(JSON.parse(out)).ledger).toMatchObject({
      size: firstEnd + 1,
      root: roots[firstEnd + 1],
    });
  });
});
