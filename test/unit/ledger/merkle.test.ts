import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endsOfSubtrees, Frontier } from '../../../src/ledger/merkle/frontier.ts';
import { emptyRoot, leafHash, nodeHash } from '../../../src/ledger/merkle/hash.ts';
import { plainRoot } from '../../doubles/plain-root.ts';

const empty = { size: 0, frontier: [] };

function frontierOver(leaves: readonly string[]): Frontier {
  const frontier = new Frontier(empty);
  for (const leaf of leaves) frontier.append(leaf);
  return frontier;
}

/** Certificate Transparency's own test vectors: the leaves, and the root of the tree over the first n of them. */
const inputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots: readonly [size: number, root: string][] = [
  [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
  [5, '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
  [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
  [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
];

const leaves = fc.array(fc.uint8Array({ maxLength: 40 }).map(leafHash), { maxLength: 130 });

describe('the Merkle frontier', () => {
  it.each(roots)('given the first %i of the published leaves, has the published root', (size, root) => {
    const hashes = inputs.slice(0, size).map((hex) => leafHash(Buffer.from(hex, 'hex')));
    expect(frontierOver(hashes).root()).toBe(root);
  });

  it('given any leaves, agrees with the definition taken word for word', () => {
    fc.assert(
      fc.property(leaves, (hashes) => {
        expect(frontierOver(hashes).root()).toBe(plainRoot(hashes));
      }),
    );
  });

  it('given any leaves, is made of what appending told at the ends of its subtrees', () => {
    fc.assert(
      fc.property(leaves, (hashes) => {
        const frontier = new Frontier(empty);
        const told = hashes.map((leaf) => frontier.append(leaf));
        expect(endsOfSubtrees(hashes.length).map((end) => told[end - 1])).toEqual(frontier.hashes());
      }),
    );
    expect(endsOfSubtrees(7)).toEqual([4, 6, 7]);
  });

  it('given any leaves, goes on from stored hashes as if it had never stopped', () => {
    fc.assert(
      fc.property(leaves, leaves, (before, after) => {
        const stopped = frontierOver(before);
        const resumed = new Frontier({ size: stopped.size, frontier: stopped.hashes() });
        for (const leaf of after) resumed.append(leaf);
        const whole = frontierOver([...before, ...after]);
        expect(resumed.size).toBe(before.length + after.length);
        expect(resumed.hashes()).toEqual(whole.hashes());
        expect(resumed.root()).toBe(plainRoot([...before, ...after]));
      }),
    );
  });

  it('given its hashes, keeps them apart from its own', () => {
    const frontier = frontierOver([leafHash(Buffer.from('a'))]);
    const hashes = frontier.hashes();
    frontier.append(leafHash(Buffer.from('b')));
    expect(hashes).toEqual([leafHash(Buffer.from('a'))]);
  });

  it.each([
    [0, 1],
    [1, 0],
    [7, 2],
    [8, 2],
  ])('given %i leaves and %i hashes, refuses what belongs to no tree', (size, hashes) => {
    expect(() => new Frontier({ size, frontier: Array.from({ length: hashes }, () => emptyRoot) })).toThrow(
      RangeError,
    );
  });

  it('keeps leaves and nodes apart', () => {
    const [left, right] = [leafHash(Buffer.from('l')), leafHash(Buffer.from('r'))];
    expect(leafHash(Buffer.from(left + right, 'hex'))).not.toBe(nodeHash(left, right));
  });
});
