/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '4b11905d66f29f32c2805be27da3fb58722dfcfb6c8d1432193b85f1d70cdae1';
