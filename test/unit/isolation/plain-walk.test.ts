import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fateOf } from '../../../projections/isolation/delivered/linear.ts';
import { seatAt } from '../../../projections/isolation/judging/seats.ts';
import { walk } from '../../../projections/isolation/judging/witness.ts';
import { addresses, Dice, places } from './random-estate.ts';
import { randomTale } from './tales.ts';

const occupant = { kind: 'endpoint', name: 'a/e1', end: 'a/s', ips: [], documented: true } as const;

test('given random sets, a packet fares by what is about its networks as it does by everything', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dice = new Dice(seed);
      const { history } = randomTale(dice);
      const state = history.stateAfter(Math.floor(dice.below(history.batches.length)));
      const { documents, hosts } = state;
      const overlay = {
        hosts: [...documents.hosts.values(), ...documents.formerHosts.values()],
        setsOf: (host: string) => hosts.setsOf(host).map((ref) => [...hosts.objectsOf(ref).values()]),
      };
      for (const [host, name] of places) {
        const to = dice.pick(...places);
        const ends = {
          from: seatAt(`${host} ${name}`, occupant),
          to: seatAt(to.join(' '), occupant),
        };
        const packet = {
          src: `10.0.0.${String(dice.pick(...addresses))}`,
          dst: `10.0.0.${String(dice.pick(...addresses))}`,
          protocol: 'tcp',
          dstPort: dice.pick(9, 10, 19, 20, 30),
        };
        expect(walk(packet, ends, state)).toEqual(fateOf(packet, { ...ends, overlay }));
      }
    }),
    { numRuns: 60 },
  );
});
