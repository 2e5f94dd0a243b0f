/** The name of the JSON Schema of a kind's data, in its version; names stay, so that consumers may keep what they name. */
export function schemaName(type: string, version: number): string {
  return `urn:isoledger:schema:${type}:v${String(version)}`;
}

/** The name of the JSON Schemas of what CloudEvents carry. */
export const streamSchemasName = 'urn:isoledger:schema:cloudevents';

/** The name of the JSON Schema of what a CloudEvent of a kind carries: the data of the kind, and what stands around it. */
export function streamSchemaName(type: string, version: number): string {
  return `${streamSchemasName}#/$defs/${type}.v${String(version)}`;
}
