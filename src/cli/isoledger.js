#!/usr/bin/env node
// From a checkout the sources run as they are. An installed package runs its compiled copy, since Node strips no types
// under node_modules.
import { existsSync } from 'node:fs';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(`isoledger needs Node.js 24 or later; this is ${process.version}\n`);
  process.exit(5);
}
const { enableCompileCache } = await import('node:module');
enableCompileCache();
const compiled = new URL('../../dist/src/cli/main.js', import.meta.url);
const source = new URL('./main.ts', import.meta.url);
const { main } = await import((existsSync(source) ? source : compiled).href);
await main();
