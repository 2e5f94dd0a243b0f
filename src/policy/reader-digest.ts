/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '0793741f5d2855d2a32aed3b1e5fc77159c6b5fa981e0600d34dd6b17bbaa857';
