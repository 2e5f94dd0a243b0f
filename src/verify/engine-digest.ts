/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '805b9875c9612483018eaedae29a77df7f49da90c8e01827b538b8ae01ad11fa';
