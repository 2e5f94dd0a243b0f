import { dirname } from 'node:path';
import { foundAt } from '../../runtime/sqlite-files.ts';
import { IndexDamaged } from './rows.ts';

/**
 * Throws IndexDamaged if another account decides what an index says: its digests have no key, so that whoever can write it can make
 * one that is whole and wrong. No link may lead to it, and no account but its owner may write it or its folder; each
 * of them belongs to this account, to root, or to whom the folder around belongs.
 */
export function requireOwnFile(path: string): void {
  const folder = dirname(path);
  const around = foundAt(dirname(folder), { followLinks: false });
  if (around?.isDirectory() !== true) throw new IndexDamaged('a link leads to its folder');
  const owners = [process.geteuid?.(), 0, around.uid];
  for (const place of [folder, path]) {
    const found = foundAt(place, { followLinks: false });
    if (found === undefined) throw new IndexDamaged('it is not there');
    if (found.isSymbolicLink()) throw new IndexDamaged('a link leads to it');
    if (!owners.includes(found.uid)) throw new IndexDamaged('it belongs to another account');
    if ((found.mode & 0o022) !== 0) throw new IndexDamaged('other accounts can write it');
  }
}
