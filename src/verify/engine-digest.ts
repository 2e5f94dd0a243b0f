/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '2f640472d9e8b70fecb649dff486a924abb2958834363bfa06f10ab925769c14';
