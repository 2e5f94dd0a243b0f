import { z } from 'zod';
import { ocsfVersions } from '../formats/ocsf/versions.ts';
import { ecsSchema } from './ecs.ts';
import { ocsfSchema } from './ocsf.ts';

/** JSON Schemas (draft 2020-12) of the formats that are JSON and are not our own, by the names of their files. */
export function renderFormatSchemas(): Map<string, string> {
  const schemas: [string, z.ZodType][] = [
    ['ecs', ecsSchema],
    ...ocsfVersions.map((version): [string, z.ZodType] => [`ocsf-${version}`, ocsfSchema(version)]),
  ];
  return new Map(schemas.map(([name, schema]) => [name, text(name, schema)]));
}

function text(name: string, schema: z.ZodType): string {
  const whole = { $id: `urn:isoledger:schema:${name}`, ...z.toJSONSchema(schema) };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
