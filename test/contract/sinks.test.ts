import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileSink } from '../../src/siem/sinks/file/sink.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { seqsIn, textOfFiles, upsetDisk } from '../doubles/upset-disk.ts';
import {
  expectComplete,
  ForwarderRun,
  forwarderOver,
  hastyClock,
  ledgerOf,
  sinkContract,
} from './sinks-contract.ts';

function newPath(): string {
  const folder = join(temporaryFolder(), 'events');
  mkdirSync(folder);
  return join(folder, 'events.ndjson');
}

sinkContract('file', {
  troubles: [
    'is moved away by somebody',
    'has its folder away for a while',
    'ends in half a line',
    'is a folder for a while',
  ],
  make: (course) => {
    const path = newPath();
    return Promise.resolve({
      open: () => upsetDisk(fileSink({ path, rotateBytes: 10_000 }), path, course),
      received: () => seqsIn(textOfFiles(path)),
      beats: () => textOfFiles(path).split('heartbeat').length - 1,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  },
});

describe('the files of a sink', () => {
  it('are set aside before they are too large, and as many are kept as was said', async () => {
    for (const keep of [undefined, 3]) {
      const path = newPath();
      const clock = hastyClock();
      const open = () => fileSink({ path, rotateBytes: 20_000, keep });
      const run = new ForwarderRun(forwarderOver(await ledgerOf(300), open, clock));
      await run.done(299);
      await run.end();
      const names = readdirSync(dirname(path));
      if (keep === undefined) expectComplete(seqsIn(textOfFiles(path)), 300);
      else expect(names).toHaveLength(keep + 1);
      expect(seqsIn(textOfFiles(path)).at(-1)).toBe(299);
    }
  });
});
