import { hash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { crowd, town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';

const padding = `# ${'-'.repeat(70_000)}\n`;

function stateOf(place: Workplace): string {
  return join(place.folder, 'ledger.db.d', 'state');
}

/** The file with what was read of documents. */
function readingsOf(place: Workplace): string {
  const [name = ''] = readdirSync(stateOf(place)).filter((each) => each.startsWith('documents-'));
  return join(stateOf(place), name);
}

/** A folder of two files that was applied: what was read of them is kept. */
async function applied(place: Workplace): Promise<string> {
  const folder = join(place.folder, 'estate');
  mkdirSync(folder);
  writeFileSync(join(folder, 'town.yaml'), `${padding}${town}`);
  writeFileSync(join(folder, 'crowd.yaml'), `${crowd}\n`);
  await place.succeed('apply', folder);
  return folder;
}

/** As an editor would have it: another port is said to stand in the files. */
function withAnotherPort(text: string): string {
  const edited = text.replaceAll(/\b8443\b/g, '8444');
  expect(edited).not.toBe(text);
  return edited;
}

const nothing = /^nothing to record: all \d+ documents are in force/;

it('files are not read again, and what is planned, told and applied is what they say', async () => {
  using place = new Workplace();
  const folder = await applied(place);
  const kept = readFileSync(readingsOf(place));
  expect(kept.length).toBeGreaterThan(0);
  expect(await place.succeed('apply', folder)).toMatch(nothing);
  writeFileSync(join(folder, 'more.yaml'), '{ kind: Tenant, tenant: acme, segments: [other] }\n');
  const { code, err } = await place.run('plan', folder);
  expect([code, err]).toEqual([2, expect.stringMatching(/town\.yaml.*Tenant acme is described twice/s)]);
  writeFileSync(join(folder, 'more.yaml'), '{ kind: Tenant, tenant: late, segments: [one] }\n');
  expect(await place.succeed('apply', folder)).toMatch(/late/);
  // So little is new that it is not worth a file.
  expect(readFileSync(readingsOf(place)).equals(kept)).toBe(true);
  expect(await place.succeed('doctor')).not.toMatch(/not used/);
});

it('what was kept and edited is not used, and doctor and verify tell of it', async () => {
  using place = new Workplace();
  const folder = await applied(place);
  const path = readingsOf(place);
  writeFileSync(path, withAnotherPort(readFileSync(path, 'utf8')));
  const { code, out } = await place.run('doctor');
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/kept state\s.*documents-\S+: .*somebody edited it; it is not used/),
  ]);
  const said = /^isoledger: .*documents-\S+: .*somebody edited it; it is not used/;
  const verified = await place.run('verify', '--lane', 'intended', '--json');
  expect([verified.code, verified.err]).toEqual([0, expect.stringMatching(said)]);
  const planned = await place.run('plan', folder);
  expect(planned.out).toMatch(/^0 connections gained, 0 lost; 0 changed documents/);
  expect(planned.err).toMatch(said);
  const again = await place.run('apply', folder);
  expect(again.out).toMatch(nothing);
  expect(again.err).toMatch(said);
});

it.each([
  ['no time', /time\.json holds no time that this program kept, and is not used: somebody edited it/],
  ['2999-01-01T00:00:00.000Z', /time\.json says that a command wrote at 2999-\S+, which is still to come/],
  ['2020-01-01T00:00:00.000Z', undefined],
])('doctor tells of a note of the last time that was edited: %s', async (time, words) => {
  using place = new Workplace();
  await applied(place);
  writeFileSync(join(`${place.ledgerPath}.d`, 'state', 'time.json'), JSON.stringify(time));
  const out = await place.succeed('doctor');
  if (words === undefined) expect(out).not.toContain('time.json');
  else expect(out).toMatch(words);
});

it('what was kept and edited with every digest made right is not used: the ledger vouches for the file that names it', async () => {
  using place = new Workplace();
  const folder = await applied(place);
  const path = readingsOf(place);
  const edited = withAnotherPort(readFileSync(path, 'utf8'));
  const digest = hash('sha256', edited);
  const former = /documents-(\w+)\.json/.exec(path)?.[1] ?? '';
  writeFileSync(join(stateOf(place), `documents-${digest}.json`), edited);
  const estatePath = join(stateOf(place), 'estate.json');
  const estate = readFileSync(estatePath, 'utf8');
  expect(estate).toContain(former);
  writeFileSync(estatePath, estate.replace(former, digest));
  expect(await place.succeed('plan', folder)).toMatch(/^0 connections gained, 0 lost; 0 changed documents/);
  expect(await place.succeed('doctor')).toMatch(/is not used: no entry of the ledger vouches for it/);
  expect(await place.succeed('apply', folder)).toMatch(nothing);
});

it('what is kept of a small estate is nothing, and what was lost is read again', async () => {
  using place = new Workplace();
  const folder = await applied(place);
  const small = join(place.folder, 'small');
  mkdirSync(small);
  writeFileSync(join(small, 'town.yaml'), town);
  rmSync(readingsOf(place));
  expect(await place.succeed('plan', folder)).toMatch(/0 changed documents/);
  using other = new Workplace();
  await other.succeed('apply', small);
  expect(readdirSync(stateOf(other))).toEqual(['seen.json']);
});
