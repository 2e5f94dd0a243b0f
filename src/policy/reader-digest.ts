/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '288d8b157d3f07a59d688dabb366bbfd99540ebeb13554b1839e29a051e5b5dc';
