import v8 from '@vitest/coverage-v8';
import type { CoverageProviderModule } from 'vitest/node';

/** The variable by which a project of vitest.config.ts says that its workers count nothing. */
export const uncounted = { ISOLEDGER_TEST_COVERAGE: 'none' };

const isCounted = process.env['ISOLEDGER_TEST_COVERAGE'] !== uncounted.ISOLEDGER_TEST_COVERAGE;

/** Coverage by V8, without the price of counting in workers of which nothing is asked. */
const module: CoverageProviderModule = isCounted ? v8 : { getProvider: () => v8.getProvider() };

// eslint-disable-next-line no-restricted-syntax -- Vitest takes a provider from the default export.
export default module;
