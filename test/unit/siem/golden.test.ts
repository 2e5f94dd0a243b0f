import { describe, expect, it } from 'vitest';
import { formatNamed, formatNames } from '../../../src/siem/formats/named.ts';
import { ocsfVersions } from '../../../src/siem/formats/ocsf/versions.ts';
import { samples } from '../events/samples.ts';
import { context, heartbeat, streamed } from './stream-sample.ts';

/** Every format in every form. */
const forms = formatNames.flatMap((name) =>
  name === 'ocsf'
    ? ocsfVersions.map((ocsfVersion) => ({
        of: `${name} ${ocsfVersion}`,
        format: formatNamed(name, { ocsfVersion }),
      }))
    : [{ of: name, format: formatNamed(name) }],
);

function page(textIn: (format: (typeof forms)[number]['format']) => string): string {
  return forms.map(({ of, format }) => `# ${of}\n${textIn(format)}\n`).join('');
}

describe('what a SIEM gets', () => {
  it.each(Object.values(samples))('of $type is the same as ever, in every format', async (sample) => {
    const written = page(({ write }) => write(streamed(sample), context));
    await expect(written).toMatchFileSnapshot(`golden/${sample.type}.txt`);
  });

  it('of an entry without effect is the same as ever', async () => {
    const ofVoid = { ...streamed(samples.TenantQuarantined), isVoid: true };
    await expect(page(({ write }) => write(ofVoid, context))).toMatchFileSnapshot('golden/void.txt');
  });

  it('as a heartbeat is the same as ever', async () => {
    await expect(page(({ heartbeat: beat }) => beat(heartbeat, context))).toMatchFileSnapshot(
      'golden/heartbeat.txt',
    );
  });

  it('is named as the format is', () => {
    for (const name of formatNames) expect(formatNamed(name).name).toBe(name);
  });
});
