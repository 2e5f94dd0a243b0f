import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { driverContract } from './driver-contract.ts';

it('each part of the contract of drivers has a file in which real switches keep it, beside the others', () => {
  const files = readdirSync(new URL('driver-ovs', import.meta.url));
  expect(files.toSorted()).toEqual(
    Object.keys(driverContract)
      .map((part) => `${part}.test.ts`)
      .toSorted(),
  );
});
