import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '#services/worker/delivery.ts';
import { lastAnswer } from '#services/worker/redact.ts';

const said = (text: string | Buffer, status = 422): string =>
  lastAnswer({
    kind: 'answered',
    status,
    retryAfterMs: null,
    answer: { contentType: 'text/plain', body: Buffer.from(text), isCut: false },
  });

describe('what is kept of the last answer', () => {
  it.each<[string, Delivery]>([
    ['there was none', { kind: 'timed-out', unavailable: false }],
    ['the handler was not reached', { kind: 'unreachable', error: 'ECONNREFUSED' }],
    ['it was empty', { kind: 'answered', status: 500, retryAfterMs: null, answer: null }],
  ])('is nothing where %s', (_name, delivery) => {
    expect(lastAnswer(delivery)).toBe('');
  });

  it('is nothing of a 2xx, which is written for the customer', () => {
    expect(said('{"effects": [{"type": "reply", "body": "Dear Anna"}]}', 200)).toBe('');
  });

  it('is what the handler said, on one line', () => {
    expect(said('TypeError: x is not a function\n\tat handle (app.js:12:3)\u0000\u001b[31m\u202e!\n')).toBe(
      'TypeError: x is not a function at handle (app.js:12:3) [31m!',
    );
  });

  it('is its beginning', () => {
    expect(said('word '.repeat(20_000))).toBe('word '.repeat(103).slice(0, 512));
  });

  it('holds what is no text without breaking', () => {
    expect(said(Buffer.from([0xff, 0x00, 0xc3]))).toBe('\ufffd \ufffd');
    expect(said(`${'x '.repeat(255)}x😀`).isWellFormed()).toBe(true);
  });
});

describe('masked are', () => {
  it.each([
    ['no such user anna.b+x@mail.example.co.uk!', 'no such user [e-mail]'],
    ['{"email":"anna@example.com","code":7}', '{"email":"[e-mail]","code":7}'],
    ['<b>anna@example.com</b>', '<b>[e-mail]</b>'],
    ['to=anna%40example.com', '[e-mail]'],
    ['anna&#64;example.com', '[e-mail]'],
    ['"anna\\u0040example.com"', '"[e-mail]"'],
    ['größe@müller.de, anna＠example.com', '[e-mail], [e-mail]'],
    ['an\u200bna@exam\u200bple.com', '[e-mail]'],
    ['call +49 (0)170 123-4567 now', 'call [number] now'],
    ['tel:00441632960961;ext=4', 'tel:[number];ext=4'],
    ['4111 1111 1111 1111', '[number]'],
    ['٠١٢٣٤٥٦٧٨٩', '[number]'],
    ['conversation 123456 has 12 parts', 'conversation 123456 has 12 parts'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [secret]'],
    ['{"access_token": "s3cr3t", "a": 1}', '{"access_token=[secret]", "a": 1}'],
    ['password=hunter2&x=1', 'password=[secret]&x=1'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N', '[secret].[secret].[secret]'],
    ['id 5f1e8a2b9c3d4e5f6a7b8c9d gone', 'id [secret] gone'],
    ['key dGhpcy9pcyBhIHNlY3JldA/xyzABCDEFGHIJKLMNOP/qrs==', 'key [secret]'],
    ['AbstractSingletonProxyFactoryBeanException in createAnythingAtAllFromNothing', null],
  ])('%j', (text, masked) => {
    expect(said(text)).toBe(masked ?? text);
  });

  it('what is cut in two at the end of what is read', () => {
    expect(said(`${'a1'.repeat(2_040)} ${'b2'.repeat(30)}`)).toBe('[secret]');
  });
});

describe('wherever they stand', () => {
  const around = fc.string({
    unit: fc.constantFrom('a', 'B', ' ', '\n', '.', ':', '"', '(', '<', '1', 'ü', '😀'),
    maxLength: 600,
  });
  const separators = fc.constantFrom('', ' ', '-', '.', ' (', ') ', '/');
  const phone = fc
    .tuple(
      fc.constantFrom('', '+', '00'),
      fc.array(fc.tuple(fc.nat({ max: 9 }), separators), { minLength: 7, maxLength: 15 }),
    )
    .map(([plus, digits]) => plus + digits.map(([digit, separator]) => `${digit}${separator}`).join(''));

  it('no e-mail address survives', () => {
    fc.assert(
      fc.property(around, fc.emailAddress({ size: 'small' }), around, (before, email, after) => {
        const kept = said(`${before} ${email} ${after}`);
        expect(kept).not.toContain(email);
        expect(kept).not.toContain('@');
        expect(kept.length).toBeLessThanOrEqual(512);
      }),
      { numRuns: 1_000 },
    );
  });

  it('no phone number survives', () => {
    fc.assert(
      fc.property(around, phone, around, (before, number, after) => {
        const kept = said(`${before} ${number} ${after}`);
        expect(kept).not.toMatch(/\d{7}/);
        expect(kept).not.toContain(number.trim());
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes milliseconds, whatever was sent', () => {
    for (const unit of ['a', '@', '1', 'a1', '1.', 'token', 'token:', '%4', '\\u004', 'A/', '=', '&#0']) {
      const startedMs = performance.now();
      said(unit.repeat(65_536 / unit.length));
      expect(performance.now() - startedMs).toBeLessThan(250);
    }
  });
});
