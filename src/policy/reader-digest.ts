/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '08a1f4c202ceae012e97aac66c9d9d12d3825c4905f53ba0e575bdf0868ab568';
