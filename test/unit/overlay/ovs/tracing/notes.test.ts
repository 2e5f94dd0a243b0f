import { describe, expect, it } from 'vitest';
import {
  cutNote,
  grantNote,
  readCutNote,
  readGrantNote,
  type NotedCut,
  type NotedGrant,
} from '../../../../../src/overlay/ovs/pipeline/notes.ts';

const id = (digit: string): string => digit.repeat(24);

describe('a note', () => {
  it.each<[NotedGrant[]]>([
    [[]],
    [[{ id: id('a'), protocol: 'any' }]],
    [
      [
        { id: id('0'), protocol: 'icmp' },
        {
          id: id('1'),
          protocol: 'tcp',
          ports: [
            [0, 0],
            [443, 8443],
          ],
        },
        { id: id('2'), protocol: 'udp', ports: [[65_535, 65_535]] },
        { id: id('3'), protocol: 'sctp' },
      ],
    ],
  ])('gives back the grants that it was made of: %j', (grants) => {
    expect(readGrantNote(grantNote(grants))).toEqual(grants);
  });

  it('gives back the quarantines that it was made of', () => {
    const cuts: NotedCut[] = [{ id: id('e') }, { id: id('f'), wholly: true }];
    expect(readCutNote(cutNote(cuts))).toEqual(cuts);
  });

  it.each([
    '',
    'drop',
    'note:',
    'note:0',
    'note:00.01.aa',
    `note:00.01${'.aa'.repeat(12)}.07.00.00`,
    'note:ff',
  ])('is none where it reads as none: %j', (action) => {
    expect(readGrantNote(action)).toBeUndefined();
  });

  it('tells a count of quarantines that are not there, and one that is neither whole nor not', () => {
    expect(readCutNote('note:00.02.aa.aa.aa.aa')).toBeUndefined();
    expect(readCutNote(`note:00.01${'.aa'.repeat(12)}.02`)).toBeUndefined();
  });
});
