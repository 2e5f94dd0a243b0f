/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '1fd7ab16e31d43292b269e72caf702299a8cb2f459faddf3e6d4e7b1e3c54e05';
