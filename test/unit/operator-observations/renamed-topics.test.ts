import { describe, expect, it } from 'vitest';
import { renamedTopics } from '#operator/observations/renamed-topics.ts';
import { topics } from '#services/simulator/catalogue.ts';

/** Of Intercom's pages for API 1.0 and 1.1, and of guides. */
const OLD = [
  'user.created',
  'user.deleted',
  'user.unsubscribed',
  'user.email.updated',
  'user.tag.created',
  'user.tag.deleted',
  'contact.created',
  'contact.updated',
  'contact.signed_up',
  'contact.added_email',
  'contact.tag.created',
  'contact.tag.deleted',
  'contact.archive',
  'conversation.closed',
  'conversation.opened',
  'conversation.snoozed',
];

describe('renamed topics', () => {
  it.each(OLD)('has a name of today for %s', (from) => {
    const renamed = renamedTopics([from]);
    expect(renamed.length).toBeGreaterThan(0);
    for (const { to } of renamed) expect(topics).toContain(to);
  });

  it('leaves every topic of today, and what is in no list', () => {
    expect(renamedTopics([...topics, 'experiment.größe', 'constructor', '__proto__'])).toEqual([]);
  });

  it('says both names where a contact was a lead', () => {
    expect(renamedTopics(['ticket.created', 'contact.created'])).toEqual([
      { from: 'contact.created', to: 'contact.lead.created' },
      { from: 'contact.created', to: 'contact.user.created' },
    ]);
  });
});
