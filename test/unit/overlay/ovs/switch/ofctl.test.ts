import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, vi } from 'vitest';
import { OverlayUnavailable } from '../../../../../src/overlay/faults.ts';
import { Ofctl } from '../../../../../src/overlay/ovs/switch/ofctl.ts';
import { unnamedFile } from '../../../../../src/overlay/ovs/switch/unnamed-file.ts';
import { systemClock } from '../../../../../src/runtime/clock.ts';
import { temporaryFolder } from '../../../../doubles/temporary-folder.ts';

const nowhere = new Ofctl({ target: () => 'unix:/nowhere/iso.mgmt', clock: systemClock });

it('a program that is not there is said to be missing, with the way to get it', async () => {
  vi.stubEnv('PATH', temporaryFolder());
  const asked = nowhere.meterFeatures();
  await expect(asked).rejects.toThrow(OverlayUnavailable);
  await expect(asked).rejects.toThrow(/apt-get install openvswitch-common/);
  vi.unstubAllEnvs();
});

it('what a program is to read is whole before the program begins, and has no name', async () => {
  const folder = mkdtempSync(`${tmpdir()}/isoledger-unnamed-`);
  vi.stubEnv('TMPDIR', folder);
  const lines = Array.from({ length: 100_000 }, (_, index) => `flow add table=${String(index % 7)} ß`);
  const file = await unnamedFile(lines);
  expect(readdirSync(folder)).toEqual([]);
  expect(await file.readFile('utf8')).toBe(`${lines.join('\n')}\n`);
  await file.close();
  vi.stubEnv('TMPDIR', `${folder}/missing`);
  await expect(unnamedFile(lines)).rejects.toThrow(
    /no temporary file can be written in .*missing: it does not exist/,
  );
  vi.unstubAllEnvs();
});
