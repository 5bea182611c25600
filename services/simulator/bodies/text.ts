import type { Random } from '../random.ts';
import type { ApiVersion } from './api-version.ts';

/** What customers write, as plain text: accents, other scripts, markup, escapes, line breaks, joined emoji. */
export const questions = [
  'Where is my order?',
  'Où est passée ma commande n° 4211 ? 📦',
  'Can I change the plan & keep the discount <10%>?',
  'パスワードを忘れました。',
  'الفاتورة لم تصل بعد',
  'It says "error: \\u0000 at C:\\new\\table" — what now?',
  'line one\nline two\u2028line three',
  '👩‍👩‍👧‍👦 family plan, please',
] as const;

/** What the team and the bot answer. */
const answers = [
  'Your order leaves us today.',
  'C’est fait : la réduction de 10 % reste.',
  'Please try again <now>, & tell us if it fails.',
  '確認いたします 🙏',
] as const;

/** A log that somebody pastes: 7 KB. */
const pastedLog = 'at handler (/srv/app/index.js:42:7)\n'.repeat(200);

/** @returns what a customer writes next, as plain text */
export function sentence(random: Random): string {
  return random.oneIn(50) ? pastedLog : random.pick(questions);
}

/** @returns what a teammate or the bot writes, as plain text */
export function answer(random: Random): string {
  return random.pick(answers);
}

/** A message's body as notifications carry it: HTML up to API version 2.14, plain text from 2.15 on. */
export function messageBody(apiVersion: ApiVersion, text: string): string {
  switch (apiVersion) {
    case '2.14':
      return html(text);
    case '2.15':
      return text;
  }
}

/** One paragraph of Intercom's HTML. */
export function html(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<p>${escaped.replaceAll('\n', '<br>')}</p>`;
}

/**
 * A reply's translations: HTML in every API version, by language, and which one is the original.
 * @param text what was written; only one sentence of German stands for its translation
 */
export function translationsOf(text: string): Readonly<Record<string, string>> {
  return { original: 'en', en: html(text), de: html('Bitte versuchen Sie es noch einmal.') };
}
