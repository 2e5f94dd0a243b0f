import { startVitest } from 'vitest/node';
import { urlVariable } from './server-url.ts';

/** Runs the suite against a real server. It is the one suite that `npm test` leaves out: it needs what not everyone has. */
if ((process.env[urlVariable] ?? '') === '') {
  process.stderr.write(
    `${urlVariable} is not set: this suite needs an EventStoreDB server, as in\n` +
      `  ${urlVariable}='esdb://127.0.0.1:2113?tls=false' npm run test:esdb\n` +
      'It makes many ledgers there, each under a name of its own, and leaves them behind: give it a server for tests.\n',
  );
  process.exit(2);
}
const vitest = await startVitest([], {
  config: false,
  watch: false,
  include: ['test/real-server/suite.ts'],
  testTimeout: 300_000,
  hookTimeout: 300_000,
});
await vitest.close();
