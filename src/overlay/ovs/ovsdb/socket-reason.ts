import { reasonOf } from '../../../runtime/system-reason.ts';

/** What the codes of sockets and TLS mean to a person. */
const reasons = new Map([
  ['ECONNREFUSED', 'nobody listens there'],
  ['ECONNRESET', 'it broke the connection off'],
  ['EPIPE', 'it broke the connection off'],
  ['ETIMEDOUT', 'it does not answer'],
  ['EHOSTUNREACH', 'no way leads to that host'],
  ['ENETUNREACH', 'no way leads to that network'],
  ['ENOTFOUND', 'no host has that name'],
  ['EAI_AGAIN', 'the name of that host cannot be looked up now'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is not signed by the given authority'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is not signed by the given authority'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its certificate is not signed by the given authority'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its certificate is not signed by the given authority'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is not signed by the given authority'],
  ['CERT_SIGNATURE_FAILURE', 'its certificate is not signed by the given authority'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is made out to another name'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'it does not speak TLS'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'it does not accept the given certificate'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'it does not accept the given certificate'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'it does not accept the given certificate'],
]);

/** The reason for an error of a socket, of TLS or of the file of a certificate, in words. */
export function reasonOfSocket(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = reasons.get(code);
  if (known !== undefined) return known;
  if (code.startsWith('ERR_OSSL') || code.startsWith('ERR_CRYPTO'))
    return `the given key and certificates cannot be used (${code})`;
  // A message of TLS may quote what was given; its code never does.
  return code === '' ? 'it broke the connection off' : reasonOf(error);
}
