import { expect, it } from 'vitest';
import { portsOf } from '../../../projections/intended/subject-ports.ts';
import { estateOf, town } from '../../support/documents.ts';

it('an external has the port of its gateway, or none where no document names one', async () => {
  const { directory } = await estateOf(town);
  expect(portsOf(directory, { kind: 'external', name: 'internet' })).toMatchObject([
    { host: 'hv-1', interface: 'ext-0' },
  ]);
  expect(portsOf(directory, { kind: 'external', name: 'partner' })).toEqual([]);
});
