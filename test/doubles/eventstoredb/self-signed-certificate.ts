import { generateKeyPairSync, sign } from 'node:crypto';

/** PEM texts. */
export interface SelfSigned {
  readonly key: string;
  /** For localhost and 127.0.0.1; its own authority. */
  readonly certificate: string;
}

const encode = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...size), content]);
};

const sequence = (...contents: readonly Uint8Array[]): Buffer => encode(0x30, ...contents);
const objectId = (hex: string): Buffer => encode(0x06, Buffer.from(hex, 'hex'));
const integer = (value: number): Buffer => encode(0x02, Uint8Array.of(value));
const bitString = (bytes: Uint8Array): Buffer => encode(0x03, Uint8Array.of(0), bytes);
const octetString = (bytes: Uint8Array): Buffer => encode(0x04, bytes);
const utcTime = (text: string): Buffer => encode(0x17, Buffer.from(text));

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));
const name = sequence(
  encode(0x31, sequence(objectId('550403'), encode(0x0c, Buffer.from('eventstoredb double')))),
);
const always = sequence(utcTime('200101000000Z'), utcTime('491231235959Z'));
const truth = encode(0x01, Uint8Array.of(0xff));
/** subjectAltName: a name and an address. basicConstraints, critical: an authority, since it vouches for itself. */
const extensions = sequence(
  sequence(
    objectId('551d11'),
    octetString(sequence(encode(0x82, Buffer.from('localhost')), encode(0x87, Uint8Array.of(127, 0, 0, 1)))),
  ),
  sequence(objectId('551d13'), truth, octetString(sequence(truth))),
);

/** A certificate of X.509 (RFC 5280), made anew, so that no key lies in the repository. */
export function selfSignedCertificate(): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' });
  const version = encode(0xa0, integer(2));
  const toBeSigned = sequence(
    ...[version, integer(1), ecdsaWithSha256, name, always, name, subjectKey, encode(0xa3, extensions)],
  );
  const signature = bitString(sign('sha256', toBeSigned, privateKey));
  const base64 = sequence(toBeSigned, ecdsaWithSha256, signature).toString('base64');
  const lines = (base64.match(/.{1,64}/g) ?? []).join('\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
