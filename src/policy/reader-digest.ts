/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '522a9d2b8e31485d50e08224b2c0ae715dde714b54a0e8d3e3fb8c4aad7bff49';
