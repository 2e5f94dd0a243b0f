import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { kindOf } from './sqlite-files.ts';
import { reasonOf } from './system-reason.ts';

/** The most bytes of a file that a command line names and that holds a few words: settings, a URL, a certificate. */
const givenFileBytesMax = 65_536;

/** A file that a person named, as bytes; or in words why it is not read. A device may have no end, and a pipe may wait for ever. */
export type GivenFile = { readonly bytes: Buffer } | UnreadFile;

interface UnreadFile {
  readonly problem: string;
  readonly isMissing: boolean;
  readonly cause?: unknown;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** As readGivenFile, for a file of text. A byte order mark is kept. */
export function readGivenText(path: string): { readonly text: string } | UnreadFile {
  const given = readGivenFile(path);
  if ('problem' in given) return given;
  try {
    return { text: utf8.decode(given.bytes) };
  } catch {
    return { problem: 'it is no text in UTF-8', isMissing: false };
  }
}

export function readGivenFile(path: string): GivenFile {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return readOpen(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    return { problem: reasonOf(cause), isMissing, cause };
  }
}

function readOpen(descriptor: number): GivenFile {
  const found = fstatSync(descriptor);
  if (!found.isFile()) return { problem: `it is ${kindOf(found)}, and no file`, isMissing: false };
  const bytes = Buffer.alloc(givenFileBytesMax + 1);
  const count = readSync(descriptor, bytes);
  return count > givenFileBytesMax
    ? { problem: `it has more than ${String(givenFileBytesMax)} bytes`, isMissing: false }
    : { bytes: bytes.subarray(0, count) };
}
