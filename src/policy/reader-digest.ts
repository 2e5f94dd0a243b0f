/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '76ba415dcfe5d021e268953aaffdd31f200516dd9cddd90b15aa227ba7e1ddbe';
