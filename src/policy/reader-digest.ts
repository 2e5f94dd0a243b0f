/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = 'fa9cebbd7b5f828c80d339a127f6473e9ba0f1aabb33962416f670455563aac2';
