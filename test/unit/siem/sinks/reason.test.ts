import { expect, it } from 'vitest';
import { reasonWords } from '../../../../src/siem/sinks/reason.ts';

it('says why something did not arrive, and the code of it once', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' });
  expect(reasonWords(refused)).toBe('connect ECONNREFUSED 127.0.0.1:9');
  const unknown = Object.assign(new Error('self-signed certificate'), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  expect(reasonWords(unknown)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT self-signed certificate');
  expect(reasonWords('a\u0007')).toBe('a\\u{7}');
});
