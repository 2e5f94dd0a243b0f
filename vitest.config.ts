import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { NeedsReporter } from './test/support/needs-reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', new NeedsReporter()],
    // A bound against tests that hang, and no measure: a busy machine may take many times as long.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Two for each core: most of the time this suite waits for the disk, for switches and servers, and for processes that it started.
    maxWorkers: 2 * availableParallelism(),
    // A golden file that is missing is a failure here as in the gate: `vitest run FILE --update=all` writes it.
    update: 'none',
    coverage: {
      provider: 'v8',
      // Also where a test fails: both are wanted then.
      reportOnFailure: true,
      reporter: ['text-summary', 'json'],
      include: [
        'events/**/*.ts',
        'projections/**/*.ts',
        'src/domain/**/*.ts',
        'src/translate/**/*.ts',
        'src/overlay/*.ts',
        'src/overlay/ovs/pipeline/*.ts',
      ],
      // The pure parts have no excuse: what cannot be reached says so on its line.
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 },
    },
  },
});
