import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMatch, planRedrive } from '#operator/dead-letters/redriven.ts';
import { SUBJECTS } from '#shared/contract.ts';
import { slotOf } from '#shared/key.ts';
import { headersOf, letter } from './letter.ts';

const W = 'crm-support';
const TAKERS = [SUBJECTS.redrivenTo(W, 'support')];

describe('the plan to redrive a letter', () => {
  it('is a message for its handler, in the slot of its key, with a token', () => {
    const plan = planRedrive(letter(), TAKERS);
    const slot = slotOf({ kind: 'conversation', id: '42' });
    expect(plan).toMatchObject({
      kind: 'publish',
      subject: `icw.crm-support.r.support.${slot}.conversation.user.replied`,
      msgId: 'redrive:crm-support:support:7-1700000001000',
    });
    const names = plan.kind === 'publish' ? [...plan.headers].map(([name]) => name) : [];
    expect(names.toSorted()).toEqual(
      [...headersOf()]
        .map(([name]) => name)
        .filter((name) => name.startsWith('Icw-') && !name.startsWith('Icw-Dead-'))
        .concat('Icw-Redrive')
        .toSorted(),
    );
  });

  it('has the token of this letter, where it was redriven before as another', () => {
    const plan = planRedrive(letter({ headers: headersOf({ 'Icw-Redrive': '3-1600000000000' }) }), TAKERS);
    expect(plan.kind === 'publish' && plan.headers.get('Icw-Redrive')).toBe('7-1700000001000');
  });

  it.each(['conversation/42', 'contact/ä/b', 'ticket//', 'notification/sha256-00'])('finds the slot of %s', (key) => {
    const text = key.replace('ä', '\\u00e4');
    const plan = planRedrive(letter({ headers: headersOf({ 'Icw-Key': text }) }), TAKERS);
    const [kind = '', ...id] = key.split('/');
    expect(plan.kind === 'publish' && plan.subject).toContain(`.${slotOf({ kind, id: id.join('/') })}.`);
  });

  it.each([
    ['nobody takes anything', []],
    ['only another handler is there', [SUBJECTS.redrivenTo(W, 'support-2')]],
    ['its handler takes no redriven ones yet', [SUBJECTS.allNotifications(W)]],
    ['its handler takes other slots only', [SUBJECTS.redrivenInSlot(W, 'support', '99')]],
  ])('is to refuse where %s', (_name, takers) => {
    expect(planRedrive(letter(), takers)).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('handler support'),
    });
  });
});

describe('a filter of NATS', () => {
  it.each([
    ['a.b', 'a.b', true],
    ['a.b', 'a', false],
    ['a', 'a.b', false],
    ['a.*', 'a.b', true],
    ['a.*', 'a.b.c', false],
    ['*.b', 'a.b', true],
    ['a.>', 'a.b.c', true],
    ['a.>', 'a', false],
    ['>', 'a', true],
    ['a.*.>', 'a.b', false],
    ['a.*.>', 'a.b.c', true],
    ['a.b', 'a.c', false],
  ])('%s takes %s: %s', (filter, subject, takes) => {
    expect(isMatch(filter, subject)).toBe(takes);
  });

  it('takes the subject that it was made from, with wildcards in place of tokens', () => {
    const tokens = fc.array(fc.stringMatching(/^[a-z0-9_-]{1,5}$/), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(tokens, fc.nat(), fc.nat(), (subject, star, end) => {
        const starred = subject.map((token, i) => (i === star % subject.length ? '*' : token));
        expect(isMatch(starred.join('.'), subject.join('.'))).toBe(true);
        const cut = [...starred.slice(0, end % subject.length), '>'];
        expect(isMatch(cut.join('.'), subject.join('.'))).toBe(true);
      }),
    );
  });
});
