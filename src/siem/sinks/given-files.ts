import { readGivenFile } from '../../runtime/given-file.ts';
import { SinkUnavailable } from './faults.ts';
import type { TlsFiles } from './settings.ts';

/** The text of a file with a secret, without the line end behind it. It is read at each use: a new one counts at once. */
export function secretIn(path: string): string {
  return bytesIn(path).toString().trim();
}

/** What TLS needs of files. Throws SinkUnavailable. */
export function tlsOptions({ ca, certificate, privateKey }: TlsFiles): {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
} {
  return {
    ...(ca === undefined ? {} : { ca: bytesIn(ca) }),
    ...(certificate === undefined ? {} : { cert: bytesIn(certificate) }),
    ...(privateKey === undefined ? {} : { key: bytesIn(privateKey) }),
  };
}

/** A file that cannot be read may be put right while the service runs. */
function bytesIn(path: string): Buffer {
  const given = readGivenFile(path);
  if ('bytes' in given) return given.bytes;
  throw new SinkUnavailable(`${path} cannot be read: ${given.problem}`, { cause: given.cause });
}
