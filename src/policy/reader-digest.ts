/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '12400c0d4354a257daadfc468f93d50a4f5caf15cf08a328983d2c806a086b68';
