/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '170750716c61dd26e67e503c4cfa88bec752bd611050d1ff1e3ae26131852952';
