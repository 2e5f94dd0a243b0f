import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openEventStoreLedger } from '../../../src/ledger/eventstoredb/ledger.ts';
import { withoutSecrets } from '../../../src/ledger/shown-url.ts';
import { connect } from '../../../src/ledger/eventstoredb/server.ts';
import { BadConfig } from '../../../src/runtime/config.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { fact, tester } from '../../doubles/facts.ts';
import { ServerProcess } from './server-process.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'isoledger-test-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

it('given several nodes that are all gone for longer than the client looks for one, an append goes on when one is back', async () => {
  const folder = newFolder();
  const first = await ServerProcess.start({ folder });
  const { port } = first;
  // A node that never answers beside it: with more than one, the client looks for the cluster's leader by itself.
  const url = `esdb://127.0.0.1:${String(port)},127.0.0.1:1?tls=false&maxDiscoverAttempts=2`;
  const ledger = await openEventStoreLedger({ url, create: true, clock: systemClock, ids: randomIds });
  onTestFinished(() => ledger.close());
  await ledger.append({ events: [fact('verify')], actor: tester });
  await first.kill();
  const waiting = ledger.append({ events: [fact('verify')], actor: tester });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await ServerProcess.start({ folder, port });
  expect(await waiting).toEqual({ first: 1, last: 1, duplicate: false });
  expect((await ledger.head()).size).toBe(2);
});

it.each([
  ['esdb://ada:s3cret@host:1?frob=1', /its option 1 \(not shown\) is none that there is; there are ledger, /],
  ['esdb://ada:s3cret@host:1?LEDGER=x', /its option 1 .*; nearest: ledger; there are/],
  ['esdb://ada:s3cret@host:1?ledger=a&ledger=b', /ledger is given twice/],
  ['esdb://ada:s3cret@host:1?ledger=North', /ledger=NAME takes/],
  ['esdb://ada:s3cret@host:1?throwOnAppendFailure=false', /must stay true/],
  ['esdb://ada:s3cret@host:1?tls=maybe', /tls= takes true or false/],
  ['esdb://ada:s3cr@et@host:port', /encoded/],
  ['esdb://ada:s3cr@et@host:1?tls=false', /encoded/],
  ['esdb://ada:s3cret', /encoded/],
  ['esdb://ada:s3cret?tls=false', /encoded/],
  ['ada:s3cret@host:1', /encoded/],
  ['esdb://ada:s3cret@host:1?a=b?c=d@e', /encoded/],
  ['esdb://ada:s3cret@host:1?tlsVerifyCert=false', /leave tlsVerifyCert out/],
  ['esdb://ada:s3cret@host:1?tlsCAFile=/no/ca.crt', /tlsCAFile is .*: there is no file \/no\/ca\.crt/],
  ['esdb://ada:s3cret@host:1?tlsCAFile=%2Fno%2Fca.crt', /there is no file \/no\/ca\.crt/],
  [`esdb://ada:s3cret@host:1?tlsCAFile=${import.meta.filename}`, /tlsCAFile .* holds no certificate/],
  [`esdb://ada:s3cret@host:1?tlsCAFile=${import.meta.dirname}`, /cannot be read: it is a folder/],
  ['esdb://host:1?userCertFile=/no/u.crt&userKeyFile=/no/u.key', /userCertFile .* no file \/no\/u\.crt/],
])('refuses %s, without its password', (url, words) => {
  const refusal = ((): unknown => {
    try {
      return connect(url, systemClock);
    } catch (error) {
      return error;
    }
  })();
  expect(refusal).toBeInstanceOf(BadConfig);
  expect(String(refusal)).toMatch(words);
  expect(String(refusal)).not.toMatch(/s3cr/);
});

it('shows a URL without user and password, whatever stands in them', () => {
  const shown = 'esdb://host:1,other:2?tls=false';
  for (const secret of ['ada:pass', 'ada:p@ss', 'ada:p?ss', 'ada:p/ss', 'ada:p:ss', 'ada'])
    expect(withoutSecrets(`esdb://${secret}@host:1,other:2?tls=false`)).toBe(shown);
  expect(withoutSecrets('esdb://ada:pass@host:1?tlsCAFile=/home/a@b/ca.crt')).toBe(
    'esdb://host:1?tlsCAFile=/home/a@b/ca.crt',
  );
});

it('takes a password with signs that are not encoded as the client does', async () => {
  const { client, place } = connect('esdb://ada:p?s/s@host:1?tls=false&ledger=north', systemClock);
  await client.dispose();
  expect(place).toBe('the server of esdb://host:1?tls=false&ledger=north');
});
