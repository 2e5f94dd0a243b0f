import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Unintelligible } from '../../../../../src/overlay/ovs/ovsdb/fault.ts';
import { JsonFrames } from '../../../../../src/overlay/ovs/ovsdb/json-frames.ts';
import { readMessage } from '../../../../../src/overlay/ovs/ovsdb/message.ts';

/** Cuts bytes at the given places. */
function chunksOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, at) => bytes.subarray(from, places[at] ?? bytes.length));
}

const jsonObject = fc.dictionary(
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  fc.jsonValue({ maxDepth: 5, noUnicodeString: false }),
);

describe('messages in a stream of bytes', () => {
  it('come as they were sent, wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(jsonObject, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.constantFrom('', ' ', '\n', '\r\n\t'),
        fc.constantFrom(undefined, 1),
        (messages, cuts, between, indent) => {
          const texts = messages.map((message) => JSON.stringify(message, null, indent));
          const frames = new JsonFrames();
          const read = chunksOf(Buffer.from(texts.join(between)), cuts).flatMap((chunk) =>
            frames.push(chunk),
          );
          expect(read).toEqual(texts.map((text): unknown => JSON.parse(text)));
        },
      ),
    );
  });

  it('are read or refused with a word, whatever bytes come', () => {
    const pieces = fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', '0', 'é', '\0', ' ', '{"a":[]}');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
          fc.array(pieces).map((parts) => Buffer.from(parts.join(''))),
        ),
        fc.array(fc.nat(), { maxLength: 5 }),
        (bytes, cuts) => {
          const frames = new JsonFrames();
          try {
            for (const chunk of chunksOf(bytes, cuts)) frames.push(chunk).map(readMessage);
          } catch (error) {
            expect(error).toBeInstanceOf(Unintelligible);
          }
        },
      ),
    );
  });

  it.each([
    ['what is no object', '[1]', 'no JSON object'],
    ['an answer of HTTP', 'HTTP/1.1 400 Bad Request\r\n', 'no JSON object'],
    ['brackets that do not match', '{]', 'no JSON'],
    ['half a character', Buffer.from([0x7b, 0x22, 0xc3, 0x22, 0x3a, 0x31, 0x7d]), 'no JSON'],
    ['nesting without an end', '{"a":'.repeat(65), 'more than 64 levels'],
  ])('are refused: %s', (_, sent, words) => {
    expect(() => new JsonFrames().push(Buffer.from(sent))).toThrow(words);
  });

  it('are as long as may be, and no longer', () => {
    const longest = Buffer.from(`{"a":"${'x'.repeat(92)}"}`);
    expect(longest.length).toBe(100);
    const frames = new JsonFrames(100);
    expect(frames.push(longest)).toHaveLength(1);
    expect(frames.push(longest)).toHaveLength(1);
    expect(() => new JsonFrames(99).push(longest)).toThrow('more than 99 bytes');
    expect(() => new JsonFrames(50).push(longest.subarray(0, 60))).toThrow('more than 50 bytes');
  });

  it('may come one byte at a time', () => {
    const frames = new JsonFrames();
    const text = '{"é}":["\\"{",{}]} {"b":1}';
    const read = [...Buffer.from(text)].flatMap((byte) => frames.push(Buffer.from([byte])));
    expect(read).toEqual([{ 'é}': ['"{', {}] }, { b: 1 }]);
  });
});
