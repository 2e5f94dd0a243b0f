/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '4498ebe03016eeefccdf608328b5e07fd33d2c5bba2ce5c9795d8fef0b5a7259';
