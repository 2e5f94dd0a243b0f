/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '86c606c13f8ce8916858c898409f2a586117b01a245c59ef53bf0574b72712f5';
