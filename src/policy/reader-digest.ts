/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '7808f47c3ae1b0afc0ac8e220a4a94663e9260025e9d1ed31a42f4adee030983';
