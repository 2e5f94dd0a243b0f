/** The versions of OCSF that are spoken: the one that most consumers read, the present one, and the one with integrity. */
export const ocsfVersions = ['1.5.0', '1.8.0', '1.9.0'] as const;
export type OcsfVersion = (typeof ocsfVersions)[number];
export const defaultOcsfVersion: OcsfVersion = '1.8.0';
