#!/usr/bin/env node
// From a checkout the sources run as they are. An installed package runs its bundle, since Node strips no types under
// node_modules, and reads few large files faster than many small ones.
import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(`isoledger needs Node.js 24 or later; this is ${process.version}\n`);
  process.exit(5);
}
// A call of the file system that does not come back keeps one thread of Node. With four, as many slow hosts would stop all others.
process.env['UV_THREADPOOL_SIZE'] ??= '64';
const cache = codeCache();
if (cache !== undefined) (await import('node:module')).enableCompileCache(cache);
const bundle = new URL('../../dist/isoledger.js', import.meta.url);
const source = new URL('./main.ts', import.meta.url);
let main;
try {
  ({ main } = await import((existsSync(source) ? source : bundle).href));
} catch (error) {
  sayIfOutOfFiles(error);
  process.stderr.write(`isoledger: cannot start: ${String(error)}\n`);
  process.exit(70);
}
try {
  await main();
} catch (error) {
  // What a command is made of is loaded by then, and so is what would say what went wrong.
  sayIfOutOfFiles(error);
  throw error;
}

function sayIfOutOfFiles(error) {
  if (!/too many open files|EMFILE|ENFILE/.test(String(error))) return;
  process.stderr.write('isoledger: cannot start: too many files are open: raise the limit (ulimit -n)\n');
  process.exit(5);
}

/**
 * The folder for compiled code, made where it is missing; undefined where this account has none to itself. Whoever can write
 * there, or put another folder in its place, decides what runs.
 */
function codeCache() {
  try {
    const caches = [process.env['XDG_CACHE_HOME'], homeCaches()].find((path) => path && isAbsolute(path));
    if (caches === undefined) return undefined;
    const named = join(caches, 'isoledger', 'code');
    for (const folder of [caches, dirname(named), named])
      if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    const folder = realpathSync(named);
    return isOfThisAccountAlone(folder) && areOutOfReach(foldersAbove(folder)) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined for an account that has no home: in a container it often has not even a name. */
function homeCaches() {
  try {
    return join(process.env['HOME'] || userInfo().homedir, '.cache');
  } catch {
    return undefined;
  }
}

function isOfThisAccountAlone(folder) {
  const { uid, mode } = lstatSync(folder);
  return uid === process.geteuid?.() && (mode & 0o077) === 0;
}

/** True if no other account but root can put another folder below these. In a sticky folder, each is its owner's alone. */
function areOutOfReach(folders) {
  return folders
    .map((folder) => lstatSync(folder))
    .every(
      ({ uid, mode }) =>
        [0, process.geteuid?.()].includes(uid) && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0),
    );
}

function foldersAbove(folder) {
  const above = dirname(folder);
  return above === folder ? [] : [above, ...foldersAbove(above)];
}
