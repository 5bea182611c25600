import { join } from 'node:path';
import { inject } from 'vitest';
import { ENTRY_POINTS } from '#shared/contract.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the bundles that `image-setup.ts` made for this run. */
    imageDir: string;
  }
}

/** Path of what our image runs as this process. It starts in half the time that the sources need (docs/adr/0004). */
export const entryPoint = (name: keyof typeof ENTRY_POINTS): string => join(inject('imageDir'), ENTRY_POINTS[name]);
