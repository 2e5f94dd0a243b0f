import {
  digestOfObjects,
  keyOf,
  objectsByKey,
  type GrantAcl,
  type OverlayObject,
} from '../../events/overlay-objects.ts';
import { deltaOf, objectsAfter } from '../../src/overlay/delta.ts';
import { isSameMark } from '../../src/overlay/fence.ts';
import type { HeldSet, Mark } from '../../src/overlay/port.ts';
import { nothingExpected } from '../support/host-change.ts';
import type { Parts } from './settings.ts';

/** A driver with a bug; `bite` is told each time that it does otherwise than it should. */
type PlantedDriver = (bite: () => void) => Parts['driver'];

/** A driver that leaves the grants that are to go where they are, and reports that they are gone. */
export const keepingGrants: PlantedDriver = (bite) => {
  const told = new Map<string, { mark: Mark; objects: ReadonlyMap<string, OverlayObject> }>();
  return (hosts, shard) => {
    const heldBy = async (host: string): Promise<readonly OverlayObject[]> => {
      const reading = await hosts.read(host, nothingExpected);
      return reading.kind === 'objects' ? reading.delta.put : [];
    };
    return {
      ...hosts,
      read: async (host, expected) => {
        const reading = await hosts.read(host, expected);
        const state = told.get(`${shard} ${host}`);
        const isAsTold = reading.kind === 'objects' && state?.mark.plan === reading.mark.plan;
        if (!isAsTold) return reading;
        const { mark, objects } = state;
        const found = [...objects.values()];
        const [delta, digest] = [deltaOf(expected.objects, found), digestOfObjects(found)];
        if (digest !== reading.digest) bite();
        return { kind: 'objects', mark, digest, objects: objects.size, delta };
      },
      apply: async (host, change) => {
        const held = await heldBy(host);
        const isWhole = typeof change.from === 'string';
        const known = told.get(`${shard} ${host}`)?.objects ?? objectsByKey(held);
        const asTold = objectsAfter(isWhole ? new Map() : known, change);
        const stay = held.filter((object) => object.kind === 'acl' && !asTold.has(keyOf(object)));
        if (stay.length > 0) bite();
        const removed = change.removed.filter((key) => !key.startsWith('acl/'));
        const holding = await hosts.apply(host, { ...change, removed, put: [...change.put, ...stay] });
        told.set(`${shard} ${host}`, { mark: holding, objects: asTold });
        return holding;
      },
    };
  };
};

/** A driver that lets everything by between two ends that may talk at all, until it is done. */
export const hasty: PlantedDriver = (bite) => (hosts) => ({
  ...hosts,
  apply: async (host, change) => {
    const put = change.put.map((object): OverlayObject => {
      if (object.kind !== 'acl' || object.tier !== 'grant') return object;
      bite();
      const wide: GrantAcl = { ...object, protocol: 'any' };
      delete wide.ports;
      return wide;
    });
    await hosts.apply(host, { ...change, put });
    // A host that is marked with what a change leads to takes it again.
    return hosts.apply(host, change);
  },
});

/** A driver that reports what it was given, and changes nothing. */
export const idle: PlantedDriver = (bite) => (hosts) => ({
  ...hosts,
  apply: (_host, { plan, digest, objects }) => {
    bite();
    return Promise.resolve({ plan, digest, objects });
  },
});

/** A driver that takes a change from whatever mark the host has. */
export const heedlessOfMarks: PlantedDriver = (bite) => (hosts) => ({
  ...hosts,
  apply: async (host, change) => {
    const mark = await hosts.mark(host);
    if (typeof change.from === 'string') return hosts.apply(host, change);
    const from = mark.kind === 'marked' ? mark : 'anything';
    if (from === 'anything' || !isSameMark(from, change.from)) bite();
    return hosts.apply(host, { ...change, from });
  },
});

/** A driver that asks no host for its mark that it has driven. */
export const rememberingMarks: PlantedDriver = (bite) => {
  const told = new Map<string, HeldSet>();
  return (hosts, shard) => ({
    ...hosts,
    mark: async (host) => {
      const holding = told.get(`${shard} ${host}`);
      if (holding === undefined) return hosts.mark(host);
      bite();
      return { kind: 'marked', ...holding };
    },
    apply: async (host, change) => {
      const holding = await hosts.apply(host, change);
      told.set(`${shard} ${host}`, holding);
      return holding;
    },
  });
};

/** A driver that finds at a host what its mark says. */
export const trustingMarks: PlantedDriver = (bite) => (hosts) => ({
  ...hosts,
  read: async (host) => {
    const mark = await hosts.mark(host);
    if (mark.kind !== 'marked') return mark;
    bite();
    const { plan, digest, objects } = mark;
    return { kind: 'objects', mark: { plan, digest }, digest, objects, delta: { put: [], removed: [] } };
  },
});
