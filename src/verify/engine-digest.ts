/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '58b8a7b387f004061b551e5ec4cd290e74241ec0e5e9f47d4ec060498bd6af29';
