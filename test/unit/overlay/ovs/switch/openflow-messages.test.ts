import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  errorName,
  readCount,
  readGroups,
  readMeters,
} from '../../../../../src/overlay/ovs/switch/openflow-messages.ts';

const note = Buffer.from('ffff001800002320000868690000000000000000000000000000'.slice(0, 48), 'hex');

/** The description of a group with one bucket that holds a note. */
function group(id: number): Buffer {
  const bucket = Buffer.concat([Buffer.from([0, 8 + note.length, 0, note.length, 0, 0, 0, 0]), note]);
  const head = Buffer.alloc(16);
  head.writeUInt16BE(16 + bucket.length, 0);
  head.writeUInt32BE(id, 4);
  head.writeUInt16BE(bucket.length, 8);
  return Buffer.concat([head, bucket]);
}

it('groups are read with their notes', () => {
  const found = readGroups(Buffer.concat([group(7), group(0xffff_ff00)]));
  expect(found.map(({ id }) => id)).toEqual([7, 0xffff_ff00]);
  expect(found[0]?.notes.map((each) => each.toString().replace(/\0+$/, ''))).toEqual(['hi']);
});

it('flows that were counted are a number among the fields of an answer', () => {
  const packets = Buffer.from('80020808000000000000002a', 'hex');
  const count = Buffer.from('800206040000834a', 'hex');
  const answer = (...fields: Buffer[]): Buffer => {
    const length = fields.reduce((sum, field) => sum + field.length, 4);
    return Buffer.concat([Buffer.from([0, 0, 0, length]), ...fields, Buffer.alloc(-length & 7)]);
  };
  expect(readCount(answer(packets, count))).toEqual([0x834a]);
  expect(() => readCount(answer(packets))).toThrow(RangeError);
});

it('whatever a switch sends is read or refused, and nothing runs on for ever', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const read of [readGroups, readMeters, readCount])
        try {
          read(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
    }),
  );
});

it('errors have names where they are known, and numbers otherwise', () => {
  expect(errorName(Buffer.from([0, 12, 0, 1]))).toBe('OFPMMFC_METER_EXISTS');
  expect(errorName(Buffer.from([0, 99, 0, 7]))).toBe('error type 99, code 7');
});
