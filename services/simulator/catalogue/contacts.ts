import { companyAndContact, companyDeleted, company as companyItem } from '../bodies/company.ts';
import * as contacts from '../bodies/contact.ts';
import { consent, event, granularConsent, leadTag, userTag } from '../bodies/contact-events.ts';
import { legacyUser } from '../bodies/legacy-user.ts';
import { type CatalogueEntry, follows, once, opens } from './entry.ts';

const about = 'contact';

export const contactTopics = {
  'contact.user.created': opens(about, contacts.userContact, 2),
  'contact.user.updated': follows(about, contacts.userContact, 3),
  'contact.user.tag.created': follows(about, userTag),
  'contact.user.tag.deleted': follows(about, userTag),
  'contact.email.updated': follows(about, contacts.contactWithNewEmail),
  'contact.subscribed': follows(about, consent('contact_subscribe')),
  'contact.unsubscribed': follows(about, consent('contact_unsubscribe')),
  'granular.subscribe': follows(about, granularConsent('granular_subscribe')),
  'granular.unsubscribe': follows(about, granularConsent('granular_unsubscribe')),
  'contact.lead.created': once(about, contacts.leadContact),
  'contact.lead.updated': once(about, contacts.leadContact),
  'contact.lead.added_email': once(about, contacts.leadWithNewEmail),
  'contact.lead.signed_up': once(about, contacts.userContact),
  'contact.lead.tag.created': once(about, leadTag),
  'contact.lead.tag.deleted': once(about, leadTag),
  'contact.merged': once(about, contacts.mergedContact),
  'contact.archived': once(about, contacts.contactArchived),
  'contact.unarchive': once(about, contacts.userContact),
  'contact.deleted': once(about, contacts.contactDeleted),
  'visitor.signed_up': once(about, legacyUser),
  'event.created': once(about, event),
} as const satisfies Record<string, CatalogueEntry>;

export const companyTopics = {
  'company.created': once('company', companyItem),
  'company.updated': once('company', companyItem),
  'company.deleted': once('company', companyDeleted),
  'company.contact.attached': once('company', companyAndContact),
  'company.contact.detached': once('company', companyAndContact),
} as const satisfies Record<string, CatalogueEntry>;
