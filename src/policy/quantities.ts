import { z } from 'zod';
import { excerpt } from './excerpt.ts';
import { Flaw } from './flaw.ts';
import { nearestWord } from './nearest-word.ts';
import { textForm, type Form } from './field-doc.ts';
import { settle, text } from './fields.ts';

const vniMax = 16_777_215;

/** The power of ten of each unit. Rates count in thousands, not in 1024s. */
const rateUnits = new Map([
  ['bps', 0],
  ['kbps', 3],
  ['Mbps', 6],
  ['Gbps', 9],
]);
const rateWords = 'a number without leading zeros and one of bps, kbps, Mbps, Gbps, as 100Mbps or 2.5Gbps';

export const rateForm = textForm(
  `a rate: ${rateWords}`,
  /^(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})? ?(bps|kbps|Mbps|Gbps)$/,
);

/** A rate. Its value is the bits per second, as a string of digits. */
export const rate = text((written) => {
  const [, whole, fraction = '', unit] =
    /^(0|[1-9]\d{0,14})(?:\.(\d{1,9}))? ?([A-Za-z]+)$/.exec(written) ?? [];
  if (whole === undefined || unit === undefined) return new Flaw('not a rate', { allowed: rateWords });
  const exponent = rateUnits.get(unit);
  if (exponent === undefined) {
    const nearest = nearestWord(unit, rateUnits.keys());
    return new Flaw(`${excerpt(unit)} is not a unit of rates`, {
      allowed: rateWords,
      nearest: nearest === undefined ? undefined : written.replace(unit, nearest),
    });
  }
  const bits = wholeBits(`${whole}${fraction}`, exponent - fraction.length);
  if (bits === undefined) return new Flaw('not a whole number of bits per second', { allowed: rateWords });
  return bits > 0n ? String(bits) : new Flaw('a rate is above zero', { allowed: rateWords });
});

/** Equals digits * 10^exponent; undefined where a fraction remains. */
function wholeBits(digits: string, exponent: number): bigint | undefined {
  if (exponent >= 0) return BigInt(digits) * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return BigInt(digits) % divisor === 0n ? BigInt(digits) / divisor : undefined;
}

const secondsByUnit = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
]);

const durationWords = 'a whole number without leading zeros and one of s, m, h, as 60s';
export const durationForm = textForm(`a duration: ${durationWords}`, /^(0|[1-9][0-9]{0,8})[smh]$/);

/** A duration in whole seconds. */
export const duration = text((written) => {
  const [, count, unit = ''] = /^(0|[1-9]\d{0,8})([smh])$/.exec(written) ?? [];
  const seconds = secondsByUnit.get(unit);
  if (count === undefined || seconds === undefined) {
    return new Flaw('not a duration', { allowed: durationWords });
  }
  return Number(count) * seconds;
});

const vniWords = `whole numbers from 1 to ${vniMax}`;
export const vniForm: Form = {
  is: 'value',
  words: `a VNI, of ${vniWords}`,
  json: { type: 'integer', minimum: 1, maximum: vniMax },
};

export const vni = z
  .number()
  .transform((written, context) =>
    settle(
      Number.isInteger(written) && written >= 1 && written <= vniMax
        ? written
        : new Flaw('not a VNI', { allowed: vniWords }),
      context,
    ),
  );
