/** Version of this package: the one file that reads its manifest. */
import packageJson from '../package.json' with { type: 'json' };

export const VERSION: string = packageJson.version;
