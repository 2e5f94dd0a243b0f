/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = 'f622a8b36ae3245a4f662bd8c81c806813e3f7d83fac9d63563ac7cf8cafb736';
