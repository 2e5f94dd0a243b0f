import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, vi } from 'vitest';
import { keyOf } from '../../../events/overlay-objects.ts';
import { embeddedDriver } from '../../../src/overlay/embedded/driver.ts';
import { hostFilePath } from '../../../src/overlay/embedded/host-file.ts';
import { embeddedProbe } from '../../../src/overlay/embedded/probe.ts';
import type { DriverFault } from '../../doubles/memory-overlay.ts';
import { editObjects } from '../../support/host-file.ts';
import type { HostPlace, OverlayUnderTest } from './under-test.ts';

/** The calls that moved bytes from files and to them, each with the bytes first. */
const moves: (readonly unknown[])[] = [];

/** What fails next: a flush; or, after one that did not, the first call at the file that is opened then. */
let failing: DriverFault | 'after all' | undefined;

watchFiles();

/** Some overlays stand for several tests: their folders go with the last one. */
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function openEmbeddedOverlay(): OverlayUnderTest {
  failing = undefined;
  const folder = mkdtempSync(join(tmpdir(), 'isoledger-'));
  folders.push(folder);
  const fileOf = (at: HostPlace): string => hostFilePath(folder, at);
  return {
    driver: (of) => embeddedDriver({ folder, ...of }),
    probe: (of) => embeddedProbe({ folder, ...of }),
    failNext: (_shard, fault) => {
      failing = fault;
    },
    cutOff: (at) => cutOff(fileOf(at)),
    spoil: (at) => {
      const text = readFileSync(fileOf(at), 'utf8');
      writeFileSync(fileOf(at), text.slice(0, text.length / 2) + text.slice(text.length / 2 + 4));
    },
    tear: (at) => {
      writeFileSync(fileOf(at), '{"change":1,"plan":99,"digest":"', { flag: 'a' });
    },
    litter: (at) => {
      writeFileSync(fileOf(at), '{"kind":"acl"\n', { flag: 'a' });
    },
    takeAway: (at, object) => {
      editObjects(fileOf(at), (objects) => objects.filter((each) => keyOf(each) !== keyOf(object)));
    },
    slipIn: (at, object) => {
      editObjects(fileOf(at), (objects) => [
        ...objects.filter((each) => keyOf(each) !== keyOf(object)),
        object,
      ]);
    },
    tells: () => true,
    work: () => moves.reduce((sum, move) => sum + bytesOf(move), 0),
  };
}

/** A link that leads to itself can be neither read nor written. */
function cutOff(file: string): () => void {
  const aside = `${file}.aside`;
  const isThere = existsSync(file);
  if (isThere) renameSync(file, aside);
  mkdirSync(dirname(file), { recursive: true });
  symlinkSync(file, file);
  return () => {
    unlinkSync(file);
    if (isThere) renameSync(aside, file);
  };
}

/** Sees what every file that is opened from now on is asked for, and lets calls fail. */
function watchFiles(): void {
  const error = new Error('EIO: i/o error');
  const { open } = files;
  vi.spyOn(files, 'open').mockImplementation(async (...args) => {
    const file = await open(...args);
    const spies = [vi.spyOn(file, 'read'), vi.spyOn(file, 'write'), vi.spyOn(file, 'writeFile')];
    const sync = file.sync.bind(file);
    if (failing === 'after all') {
      failing = undefined;
      vi.spyOn(file, 'read').mockRejectedValueOnce(error);
      vi.spyOn(file, 'sync').mockRejectedValueOnce(error);
      return file;
    }
    const close = file.close.bind(file);
    vi.spyOn(file, 'close').mockImplementation(() => {
      for (const { mock } of spies) moves.push(...mock.calls);
      return close();
    });
    vi.spyOn(file, 'sync').mockImplementation(async () => {
      if (failing === 'not-done') {
        failing = undefined;
        throw error;
      }
      await sync();
      if (failing === 'done-but-reported-failed') failing = 'after all';
    });
    return file;
  });
  syncBuiltinESMExports();
}

function bytesOf([bytes, , length]: readonly unknown[]): number {
  if (!(bytes instanceof Uint8Array)) throw new Error('no bytes');
  return typeof length === 'number' ? length : bytes.length;
}
