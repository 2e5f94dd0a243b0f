import { Unintelligible } from './fault.ts';

/** The longest message that is taken, in bytes: the first answer of a monitor holds every row of a large switch. */
const messageBytesMax = 64 * 1024 * 1024;

/** The deepest nesting that is taken. A message of OVSDB has about ten levels. */
const depthMax = 64;

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = Buffer.from('"\\{}[]');
const whitespace: readonly number[] = [...Buffer.from(' \t\r\n')];

/**
 * Cuts a stream into JSON objects: OVSDB sends them one behind the other, with nothing between that says how long they
 * are. Brackets are counted on bytes, so that a character may be split over two chunks: no byte of a longer UTF-8
 * character equals a bracket, a quote or a backslash.
 */
export class JsonFrames {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #length = 0;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;

  constructor(bytesMax = messageBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** The values of all messages that are complete with this chunk. Throws Unintelligible; nothing can follow that. */
  push(chunk: Buffer): unknown[] {
    const messages: unknown[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === undefined) break;
      if (this.#depth === 0 && byte !== openBrace) {
        if (!whitespace.includes(byte)) throw new Unintelligible('sent something that is no JSON object');
        start = at + 1;
      } else if (this.#ends(byte)) {
        messages.push(this.#message(chunk.subarray(start, at + 1)));
        start = at + 1;
      }
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return messages;
  }

  /** Takes a byte of a message; true for the bracket that closes the message. */
  #ends(byte: number): boolean {
    if (this.#isInText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) this.#isInText = false;
      return false;
    }
    if (byte === quote) this.#isInText = true;
    else if (byte === openBrace || byte === openBracket) this.#open();
    else if (byte === closeBrace || byte === closeBracket) return --this.#depth === 0;
    return false;
  }

  #open(): void {
    this.#depth++;
    if (this.#depth > depthMax) throw new Unintelligible(`sent JSON of more than ${String(depthMax)} levels`);
  }

  #keep(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#bytesMax)
      throw new Unintelligible(`sent a message of more than ${String(this.#bytesMax)} bytes`);
    this.#parts.push(part);
  }

  #message(last: Buffer): unknown {
    this.#keep(last);
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (error) {
      throw new Unintelligible('sent something that is no JSON', error);
    }
  }
}
