/**
 * Whether a name reads as Intercom recommends for data events: a verb in the past tense, then a noun, as in
 * `invited-friend`. Lower case, joined by hyphens, at most 100 characters.
 */
export function isEventName(name: string): boolean {
  if (name.length > 100 || !NAME.test(name)) return false;
  const verb = name.slice(0, name.indexOf('-'));
  return verb.endsWith('ed') ? verb.length > 3 : IRREGULAR.has(verb);
}

export const EVENT_NAME_RULE = 'must be a verb in the past tense and a noun, such as invited-friend';

const NAME = /^[a-z]+(?:-[a-z0-9]+)+$/;

/** Verbs that form their past without -ed and are said of customers and their accounts. */
const IRREGULAR: ReadonlySet<string> = new Set(
  (
    'became began bid bought broke brought built came chose cut drew fell felt found forgot gave got grew held hid hit ' +
    'kept knew led left lent lost made met outgrew overspent paid put quit ran read rebuilt redid resent rose said sat ' +
    'saw sent set shot shut slept sold sought spent split spoke spread stole stood swept taught thought threw told took ' +
    'understood undid upheld wed went withdrew woke won wore wrote'
  ).split(' '),
);
