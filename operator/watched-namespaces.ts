import * as z from 'zod';

/** Each gets a watch of its own for every kind. */
const MAX_NAMESPACES = 100;

/** As the API server has it: a label of DNS. */
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const quoted = (value: unknown): string => JSON.stringify(value);

const namespace = z.string().regex(NAME, { error: ({ input }) => `${quoted(input)} is not the name of a namespace` });

/** Which of them stand there more than once. */
const repeated = (names: readonly string[]): string[] => [
  ...new Set(names.filter((each, i) => names.indexOf(each) !== i)),
];

/** Names of namespaces, separated by commas; the empty text is an empty list, which stands for all of them. */
export const watchedNamespaces = () =>
  z.codec(
    z.string().max(8192),
    z
      .array(namespace)
      .max(MAX_NAMESPACES, `must be ${MAX_NAMESPACES} namespaces at most; leave it empty to watch all of them`)
      .refine((names) => repeated(names).length === 0, {
        error: ({ input }) =>
          `names more than once: ${repeated(input as string[])
            .map(quoted)
            .join(', ')}`,
      }),
    {
      decode: (text) => (text.trim() === '' ? [] : text.split(',').map((each) => each.trim())),
      encode: (names) => names.join(','),
    },
  );
