import { expect, it } from 'vitest';
import {
  emptyDirectory,
  endpointsOf,
  foldDirectory,
  peerNamed,
  segmentsOf,
} from '../../../projections/directory/directory.ts';

it('passes by events that are not its own, and knows nothing of what no document declares', () => {
  const directory = emptyDirectory();
  foldDirectory(directory, {
    type: 'ChangeFailed',
    data: { shard: 's', host: 'h', plan: 1, problem: 'away' },
  });
  expect(directory).toEqual(emptyDirectory());
  expect(segmentsOf(directory, 'nobody')).toEqual([]);
  expect([...endpointsOf(directory, 'nobody')]).toEqual([]);
  expect(peerNamed(directory, 'nobody/anything')).toBeUndefined();
});
