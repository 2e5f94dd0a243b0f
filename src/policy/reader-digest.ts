/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '9da4bf5e9a21c4e1e537d5b96bf65e92de632932f5f1af38a05dd2671c6a3500';
