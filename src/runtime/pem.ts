import { createPrivateKey, X509Certificate } from 'node:crypto';

/** What a PEM file holds. */
export type PemKind = 'certificate' | 'private key';

/** What is wrong with the bytes of a PEM file, in words behind its path; undefined where nothing is. */
export function flawOfPem(kind: PemKind, bytes: Buffer | string): string | undefined {
  try {
    if (kind === 'certificate') new X509Certificate(bytes);
    else createPrivateKey(bytes);
    return undefined;
  } catch (cause) {
    const isLocked = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MISSING_PASSPHRASE';
    return isLocked
      ? 'holds a private key under a passphrase, which nobody could type in'
      : `holds no ${kind} (PEM)`;
  }
}

/** Whether the key is that of the certificate. Both are as they should be by themselves. */
export function isKeyOf(certificate: Buffer | string, privateKey: Buffer | string): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
}
