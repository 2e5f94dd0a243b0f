#!/usr/bin/env node
// From a checkout the sources run as they are. An installed package runs its bundle, since Node strips no types under
// node_modules, and reads few large files faster than many small ones.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(`isoledger needs Node.js 24 or later; this is ${process.version}\n`);
  process.exit(5);
}
const { enableCompileCache } = await import('node:module');
// In a folder of this account alone: whoever writes to a cache of compiled code decides what runs.
enableCompileCache(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'isoledger'));
const bundle = new URL('../../dist/isoledger.js', import.meta.url);
const source = new URL('./main.ts', import.meta.url);
let main;
try {
  ({ main } = await import((existsSync(source) ? source : bundle).href));
} catch (error) {
  const isOutOfFiles = /too many open files|EMFILE|ENFILE/.test(String(error));
  const words = isOutOfFiles
    ? 'cannot start: too many files are open: raise the limit (ulimit -n)'
    : `cannot start: ${String(error)}`;
  process.stderr.write(`isoledger: ${words}\n`);
  process.exit(isOutOfFiles ? 5 : 70);
}
await main();
