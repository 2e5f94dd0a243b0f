import { UnusableKey } from './config.ts';
import { readGivenFile } from './given-file.ts';
import { flawOfPem, isKeyOf } from './pem.ts';

/** Paths of PEM files that TLS needs. */
interface TlsPaths {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
}

/**
 * Looks whether each file holds what it is named for, and the key belongs to the certificate: TLS itself throws then, not where one awaits
 * it, and names no file. Throws UnusableKey under the key of the configuration.
 */
export function requireTlsFiles(paths: TlsPaths, keyOf: (which: keyof TlsPaths) => readonly string[]): void {
  const read = (which: keyof TlsPaths): Buffer | undefined => {
    const path = paths[which];
    if (path === undefined) return undefined;
    const given = readGivenFile(path);
    if ('problem' in given)
      throw new UnusableKey(keyOf(which), `${path} cannot be read: ${given.problem}`, { cause: given.cause });
    const flaw = flawOfPem(which === 'privateKey' ? 'private key' : 'certificate', given.bytes);
    if (flaw !== undefined) throw new UnusableKey(keyOf(which), `${path} ${flaw}`);
    return given.bytes;
  };
  read('ca');
  const [certificate, privateKey] = [read('certificate'), read('privateKey')];
  if (certificate === undefined || privateKey === undefined || isKeyOf(certificate, privateKey)) return;
  throw new UnusableKey(
    keyOf('privateKey'),
    `${paths.privateKey ?? ''} is not the key of the certificate in ${paths.certificate ?? ''}`,
  );
}
