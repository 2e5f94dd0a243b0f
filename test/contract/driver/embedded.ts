import fs, { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished, vi } from 'vitest';
import { keyOf } from '../../../events/overlay-objects.ts';
import { embeddedDriver } from '../../../src/overlay/embedded/driver.ts';
import { hostFilePath, readHostFile, writeHostFile } from '../../../src/overlay/embedded/host-file.ts';
import { embeddedProbe } from '../../../src/overlay/embedded/probe.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import type { HostPlace, OverlayUnderTest } from './under-test.ts';

export function openEmbeddedOverlay(): OverlayUnderTest {
  const folder = temporaryFolder();
  const fileOf = (at: HostPlace): string => hostFilePath(folder, at);
  return {
    driver: (of) => embeddedDriver({ folder, ...of }),
    probe: (of) => embeddedProbe({ folder, ...of }),
    failNext: (_shard, fault) => {
      failFlush({ nth: fault === 'not-done' ? 1 : 2 });
    },
    cutOff: (at) => cutOff(fileOf(at)),
    spoil: (at) => {
      writeFileSync(fileOf(at), readFileSync(fileOf(at), 'utf8').slice(0, -4));
    },
    takeAway: (at, object) => {
      const expected = { ledger: 'ledger-1', ...at };
      const reading = readHostFile(fileOf(at), expected);
      if (reading.kind !== 'objects') throw new Error(`${fileOf(at)}: ${reading.kind}`);
      const { plan, objects, marked = '' } = reading.state;
      const rest = objects.filter((each) => keyOf(each) !== keyOf(object));
      writeHostFile(fileOf(at), { ...expected, plan, digest: marked, objects: rest });
    },
  };
}

/** A folder in the place of a host's file can be neither read nor replaced. */
function cutOff(file: string): () => void {
  const aside = `${file}.aside`;
  const isThere = existsSync(file);
  if (isThere) renameSync(file, aside);
  mkdirSync(file, { recursive: true });
  return () => {
    rmdirSync(file);
    if (isThere) renameSync(aside, file);
  };
}

/**
 * Lets the disk fail at a flush. A change flushes twice: the new file before that takes the old one's name, then the
 * folder, with the new file in place.
 */
function failFlush({ nth }: { nth: 1 | 2 }): void {
  const flush = fs.fsyncSync;
  let count = 0;
  const spy = vi.spyOn(fs, 'fsyncSync').mockImplementation((descriptor) => {
    count += 1;
    if (count === nth) throw new Error('EIO: i/o error, fsync');
    flush(descriptor);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
}
