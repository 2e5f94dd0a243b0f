import {
  chmodSync,
  chownSync,
  mkdirSync,
  rmdirSync,
  statSync,
  symlinkSync,
  type MakeDirectoryOptions,
  type PathLike,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { makeFolders } from '../../../src/runtime/durable-file.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { describeNeeding, root } from '../../support/needs.ts';
import { nobody } from '../../support/other-user.ts';

/** What somebody else does just after a folder was made. */
const meanwhile = vi.hoisted(() => ({ deed: (): void => undefined }));

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs')>();
  return {
    ...real,
    mkdirSync: (path: PathLike, options?: MakeDirectoryOptions) => {
      real.mkdirSync(path, options);
      const { deed } = meanwhile;
      meanwhile.deed = () => undefined;
      deed();
    },
  };
});

describeNeeding([root], 'a folder that root makes for another account', () => {
  it.each([0o755, 0o1777])('is given to it, and no other folder of root (%o) that was put there', (mode) => {
    const theirs = temporaryFolder();
    chownSync(theirs, nobody, nobody);
    const folder = join(theirs, 'state');
    makeFolders(join(folder, 'deep'), { isOwn: true });
    expect([statSync(folder), statSync(join(folder, 'deep'))]).toMatchObject([
      { uid: nobody },
      { uid: nobody },
    ]);
    const other = join(theirs, 'other');
    meanwhile.deed = () => {
      rmdirSync(other);
      mkdirSync(other);
      chmodSync(other, mode);
    };
    makeFolders(other, { isOwn: true });
    expect([statSync(other).uid, statSync(other).mode & 0o7777]).toEqual([0, mode]);
  });

  it('is given to it, and nothing that a link leads to', () => {
    const theirs = temporaryFolder();
    const ours = temporaryFolder();
    chownSync(theirs, nobody, nobody);
    const folder = join(theirs, 'state');
    meanwhile.deed = () => {
      rmdirSync(folder);
      symlinkSync(ours, folder);
    };
    makeFolders(folder, { isOwn: true });
    expect(statSync(ours).uid).toBe(0);
  });
});
