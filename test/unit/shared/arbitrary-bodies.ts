import * as fc from 'fast-check';

/** Text with what does harm somewhere: subjects, headers, UTF-16, prototypes, ends of ids and topics. */
const nasty = fc.constantFrom(
  '',
  '.',
  '*',
  '>',
  ' ',
  '\\',
  '\\u0041',
  '%2E',
  '~',
  ':',
  '/',
  '\0',
  '\r\nNats-Rollup: all\r\n',
  '\ud800',
  '\udfff',
  '\ufffd',
  'é😀',
  '__proto__',
  'constructor',
  'ping',
);
const unit = fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 20 }));
/** Any text, also of the lengths at which something is cut or refused. */
export const texts = fc.oneof(
  { weight: 8, arbitrary: fc.array(unit, { maxLength: 6 }).map((parts) => parts.join('')) },
  {
    weight: 1,
    arbitrary: fc
      .record({ unit, length: fc.constantFrom(64, 65, 200, 201, 256, 257, 2048, 2049, 10_000) })
      .map(({ unit, length }) => unit.repeat(length).slice(0, length)),
  },
);

const scalars = fc.oneof(texts, fc.constantFrom(null, true, 0, -1, 1.5, 1e308, 2 ** 53), fc.integer());
const anything = fc.oneof({ weight: 3, arbitrary: scalars }, fc.jsonValue({ maxDepth: 1 }));
/** A field that is there, or not, and holds what it should, or not. */
const maybe = <T>(likely: fc.Arbitrary<T>) =>
  fc.option(fc.oneof({ weight: 4, arbitrary: likely }, anything), { nil: undefined });

const TYPES = ['conversation', 'conversation_part', 'contact', 'user', 'lead', 'visitor', 'event', 'ticket', 'company'];
const types = fc.oneof(
  fc.constantFrom(...TYPES, 'contact_tag', 'granular_x', 'subscription', 'content_stat.email', 'admin', 'Contact'),
  texts,
);
const PEOPLE = ['contact', 'conversation', 'ticket', 'company', 'content_stat', 'model', 'contacts', 'author'] as const;

/** What Intercom's items are made of, in any composition: three deep, two of {@link PEOPLE} in each. */
export const items: fc.Arbitrary<object> = fc.letrec<{ item: object; inner: unknown }>((tie) => ({
  inner: fc.oneof({ maxDepth: 3 }, scalars, tie('item'), fc.array(tie('item'), { maxLength: 2 })),
  item: fc
    .tuple(
      fc.record(
        {
          type: maybe(types),
          id: maybe(texts),
          conversation_id: maybe(texts),
          contact_id: maybe(texts),
          user_id: maybe(texts),
          intercom_user_id: maybe(texts),
        },
        { requiredKeys: [] },
      ),
      fc.array(fc.tuple(fc.constantFrom(...PEOPLE), tie('inner')), { maxLength: 2 }),
    )
    .map(([fields, people]) => ({ ...fields, ...Object.fromEntries(people) })),
})).item;

/** What may come as a notification: fields as they should be, wrong or missing, one by one. */
export const notificationObjects = fc.record(
  {
    topic: fc.oneof({ weight: 5, arbitrary: texts.filter((text) => text !== '') }, anything),
    id: maybe(texts),
    app_id: maybe(texts),
    created_at: maybe(fc.integer({ min: 0, max: 2 ** 33 })),
    delivery_attempts: maybe(fc.constantFrom(1, 2)),
    data: maybe(fc.record({ item: items })),
    constructor: anything,
  },
  { requiredKeys: ['topic'] },
);
