import { main } from '../../src/cli/main.ts';

// As where the package begins (src/cli/isoledger.js): a slow host keeps a thread.
process.env['UV_THREADPOOL_SIZE'] ??= '64';
// Where the executable begins: one file has no other to be called from.
await main();
